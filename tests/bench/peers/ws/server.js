// Peer: Node `ws`, broadcasting as its documentation shows. Installed by `madang bench fanout --peer ws`
// (npm install below var/bench/peers/ws; NODE_PATH leads there). Run as a program: PORT.
const { WebSocket, WebSocketServer } = require("ws");

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  perMessageDeflate: false,
  backlog: 4096,
});

server.on("connection", (connection) => {
  connection.on("error", () => connection.terminate());
  connection.on("message", (data) => {
    for (const each of server.clients) {
      if (each.readyState === WebSocket.OPEN) each.send(data, { binary: false });
    }
  });
});

server.on("listening", () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
