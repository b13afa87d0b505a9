// The identifiers by which a repeated call is known as such; the resource that stands for the call carries them.
import type { Identifier } from '@medplum/fhirtypes';
import { contentIdentifierSystem, keyIdentifierSystem } from '../../course/course-codes.ts';

export function requestIdentifiers(request: {
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}): readonly Identifier[] {
  return [
    { system: contentIdentifierSystem, value: request.contentMark },
    ...(request.idempotencyKey ? [{ system: keyIdentifierSystem, value: request.idempotencyKey }] : []),
  ];
}
