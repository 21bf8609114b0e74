/** What changed between two texts, line by line. Pure. */

/** Lines beyond this are told as one removal and one addition: nobody reads a longer comparison. */
const MOST = 400;

/** [{ kind: 'same' | 'out' | 'in', text }]: what went out of `before` and came in with `after`, in order. */
export function differences(before, after) {
  const one = before.split('\n');
  const other = after.split('\n');
  if (before === after) return one.map((text) => ({ kind: 'same', text }));
  if (one.length > MOST || other.length > MOST) return [{ kind: 'out', text: before }, { kind: 'in', text: after }];
  const common = lengths(one, other);
  const found = [];
  let i = 0;
  let j = 0;
  while (i < one.length || j < other.length) {
    if (i < one.length && j < other.length && one[i] === other[j]) {
      found.push({ kind: 'same', text: one[i] });
      i += 1;
      j += 1;
    } else if (i < one.length && (j >= other.length || common[i + 1][j] >= common[i][j + 1])) {
      found.push({ kind: 'out', text: one[i] });
      i += 1;
    } else {
      found.push({ kind: 'in', text: other[j] });
      j += 1;
    }
  }
  return found;
}

/** The longest common run of lines from each pair of places on. */
function lengths(one, other) {
  const table = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      table[i][j] = one[i] === other[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}
