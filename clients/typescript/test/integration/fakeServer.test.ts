import { scenarios } from '../scenarios.js';
import { FakeServer } from '../kit/fakeServer.js';

scenarios(async () => {
  const server = new FakeServer();
  return { url: await server.start(), stop: () => server.stop() };
});
