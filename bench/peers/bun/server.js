// Bun's own server and topics; publishing is done by uWebSockets in C++. Arguments: the port; with TLS also
// the certificate's file and its key's.
const [port, cert, key] = process.argv.slice(2);

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  tls: cert && { cert: Bun.file(cert), key: Bun.file(key) },
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response('a WebSocket is expected', { status: 400 });
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 960,
    message(socket, data) {
      const said = JSON.parse(data);
      if (said.join) {
        socket.subscribe(said.join);
        socket.send(JSON.stringify({ joined: said.join }));
        return;
      }
      server.publish(said.room, JSON.stringify({ room: said.room, text: said.text }));
    },
  },
});
