// Names what a client asked for by its SHA-256, so that the same call sent twice is known as such without keeping a copy of it.
import { hash } from 'node:crypto';
import type { OperationRequest } from '../operation.ts';

/** JSON with its keys in order, so that two spellings of one object are one text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** 64 hexadecimal digits. Two calls have the same mark when operation, instance, caller and parameters are the same. */
export function contentMark(operation: string, request: OperationRequest): string {
  const text = canonicalJson({
    operation,
    id: request.id ?? '',
    caller: request.context.actor.subject ?? request.context.actor.tokenId,
    parameters: request.parameters.parameter ?? [],
  });
  return hash('sha256', text);
}
