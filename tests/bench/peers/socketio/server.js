// Peer: Socket.IO 4 on Node, one event to everybody as its documentation shows. Installed by
// `madang bench fanout --peer socketio` (npm install below var/bench/peers/socketio; NODE_PATH leads there).
// Run as a program: PORT.
const { createServer } = require("http");
const { Server } = require("socket.io");

const http = createServer();
const everybody = new Server(http, { transports: ["websocket"], serveClient: false });

everybody.on("connection", (socket) => {
  socket.on("m", (said) => everybody.emit("m", said));
});

http.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 }, () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
