// Asks a chatbot through the AI SDK's own transport and prints what it makes of the stream, as JSON.
// node read.js API QUESTION [stop|resume CHAT]
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [api, question, how, chat = "chat-1"] = process.argv.slice(2);
const headers = { "Madang-Visitor": process.env.VISITOR };
const transport = new DefaultChatTransport({ api, headers });
const options = {
  chatId: chat,
  trigger: "submit-message",
  messageId: undefined,
  messages: [{ id: "m1", role: "user", parts: [{ type: "text", text: question }] }],
};

const stream = how === "resume" ? await transport.reconnectToStream({ chatId: chat }) : await transport.sendMessages(options);
if (stream === null) {
  console.log(JSON.stringify({ chunks: null }));
  process.exit(0);
}

const chunks = [];
const errors = [];
const [one, other] = stream.tee();
const seeing = (async () => {
  for await (const chunk of one) {
    chunks.push(chunk);
    if (how === "stop" && chunk.type === "text-delta") {
      await fetch(`${api}/${chunks[0].messageMetadata.run}/stop`, { method: "POST", headers });
    }
  }
})();
let message = null;
for await (const latest of readUIMessageStream({ stream: other, onError: (error) => errors.push(String(error.message)) })) {
  message = latest;
}
await seeing;
console.log(JSON.stringify({ chunks, message, errors }));
