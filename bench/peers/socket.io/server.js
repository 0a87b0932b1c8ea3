// Socket.IO's rooms, on its WebSocket transport alone and without compression. Arguments: the port;
// with TLS also the certificate's file and its key's.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { Server } from 'socket.io';

const [port, cert, key] = process.argv.slice(2);
const web = cert ? https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }) : http.createServer();
const io = new Server(web, { transports: ['websocket'], perMessageDeflate: false, httpCompression: false, serveClient: false });

io.on('connection', (socket) => {
  socket.on('join', (room, answer) => {
    socket.join(room);
    answer();
  });
  socket.on('post', ({ room, text }) => io.to(room).emit('event', { room, text }));
});

web.listen(Number(port), '127.0.0.1', 1024);
