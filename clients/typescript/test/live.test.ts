import { scenarios } from './scenarios.js';

// The same scenarios against a real server, which must be running: HUBBUB_URL=http://localhost:5080 npm run test:live
const url = process.env['HUBBUB_URL'];
if (!url) throw new Error('HUBBUB_URL must be the address of a running Hubbub server.');

scenarios(async () => ({ url: url.replace(/\/+$/, ''), stop: async () => undefined }));
