// Socket.IO's rooms, on its WebSocket transport alone and without compression. Arguments: the port.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, httpCompression: false, serveClient: false });

io.on('connection', (socket) => {
  socket.on('join', (room, answer) => {
    socket.join(room);
    answer();
  });
  socket.on('post', ({ room, text }) => io.to(room).emit('event', { room, text }));
});

http.listen(Number(process.argv[2]), '127.0.0.1', 1024);
