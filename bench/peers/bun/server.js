// Bun's own server and topics; publishing is done by uWebSockets in C++. Arguments: the port.
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
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
