export { HubbubApi } from './api.js';
export type { EventsQuery } from './api.js';
export { Hubbub } from './client.js';
export { HubbubError } from './errors.js';
export { browserStorage, memoryStorage } from './storage.js';
export type * from './types.js';
