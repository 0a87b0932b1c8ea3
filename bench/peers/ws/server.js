// Node and ws: a set of sockets per room, the text made once, one send per socket. Arguments: the port;
// with TLS also the certificate's file and its key's.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { WebSocketServer } from 'ws';

const [port, cert, key] = process.argv.slice(2);
const web = cert ? https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }) : http.createServer();
const rooms = new Map();
const server = new WebSocketServer({ server: web, perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const said = JSON.parse(data);
    if (said.join) {
      let room = rooms.get(said.join);
      if (!room) rooms.set(said.join, (room = new Set()));
      room.add(socket);
      socket.on('close', () => room.delete(socket));
      socket.send(JSON.stringify({ joined: said.join }));
      return;
    }
    // A buffer rather than a string: ws would encode a string again for every socket.
    const event = Buffer.from(JSON.stringify({ room: said.room, text: said.text }));
    for (const listener of rooms.get(said.room) ?? []) listener.send(event, { binary: false });
  });
  socket.on('error', () => {});
});

web.listen(Number(port), '127.0.0.1', 1024);
