// The simplest client: the browser's own WebSocket and two frames. Open plain.html?room=room1
const roomId = new URLSearchParams(location.search).get('room') || 'room1';
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws');
const send = (type, payload) => socket.send(JSON.stringify({ type, payload }));
socket.onopen = () => send('join', { roomId });
socket.onmessage = (frame) => {
  const { type, payload } = JSON.parse(frame.data);
  if (type === 'message') messages.append(Object.assign(document.createElement('li'), { textContent: `${payload.sender.name}: ${payload.message}` }));
};
form.onsubmit = (event) => {
  event.preventDefault();
  send('message', { message: text.value });
  text.value = '';
};
