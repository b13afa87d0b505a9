// Collects a body's bytes under a hard limit, and still lets a client that sent too much see the 413.
import type { IncomingMessage } from 'node:http';
import { FhirError, malformed, tooLarge } from '../../fhir/error.ts';

/** What is read and thrown away after the limit, so that the client gets to see the answer. */
const patienceBytes = 16 * 1024 * 1024;

function tooLargeBody(limitBytes: number, sizeBytes: number): FhirError {
  const refusal = tooLarge(`The body is larger than ${limitBytes} bytes.`);
  const isHopeless = sizeBytes > limitBytes + patienceBytes;
  return isHopeless ? new FhirError(413, refusal.issues, { headers: { Connection: 'close' } }) : refusal;
}

/** The whole body. Rejects with 413 past `limitBytes`, and closes the connection when the client is far past it. */
export function bodyBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(req.headers['content-length'] ?? 0);
    if (announced > limitBytes + patienceBytes) {
      reject(tooLargeBody(limitBytes, announced));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) {
        chunks.push(chunk);
      } else if (size > limitBytes + patienceBytes) {
        // Not destroyed: the answer still has to go out on this socket.
        req.pause();
        reject(tooLargeBody(limitBytes, size));
      }
    });
    req.on('end', () => {
      const [only] = chunks;
      if (size > limitBytes) {
        reject(tooLargeBody(limitBytes, size));
      } else {
        resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
      }
    });
    req.on('error', (cause) => {
      reject(Object.assign(malformed('The body ended before it was complete.'), { cause }));
    });
  });
}
