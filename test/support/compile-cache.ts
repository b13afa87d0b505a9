// Processes of the service that tests start keep what Node.js made of its sources: each next one starts a second earlier.
// https://nodejs.org/api/module.html#module-compile-cache
import { resolve } from 'node:path';

/** For the environment of such a process. */
export const compileCache = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile') };
