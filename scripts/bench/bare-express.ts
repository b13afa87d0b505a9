// The yardstick of the bench: Express 5 answering one Observation by res.json, and nothing else.
import express from 'express';
import { benchObservation } from './workload.ts';

const observation = { ...benchObservation(1, 1), id: 'bare', meta: { versionId: '1' } };
const app = express();
app.get('/observation', (_request, response) => {
  response.json(observation);
});
const server = app.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('ready\n'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
