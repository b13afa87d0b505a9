// The identifiers by which a repeated call is known as such; the resource that stands for the call carries them.
import type { CarePlan, Identifier } from '@medplum/fhirtypes';
import { contentIdentifierSystem, keyIdentifierSystem } from '../../course/course-codes.ts';
import { businessRule } from '../../fhir/error.ts';

/** What tells one call from another: a mark of its content, and the Idempotency-Key where the client sent one. */
interface MarkedCall {
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

export function requestIdentifiers({ contentMark, idempotencyKey }: MarkedCall): readonly Identifier[] {
  return [
    { system: contentIdentifierSystem, value: contentMark },
    ...(idempotencyKey ? [{ system: keyIdentifierSystem, value: idempotencyKey }] : []),
  ];
}

/** The identifier to look for what the same call began before: its key where one was sent, else its content. */
export const identifierOfCall = ({
  contentMark,
  idempotencyKey,
}: MarkedCall): { readonly system: string; readonly code: string } =>
  idempotencyKey
    ? { system: keyIdentifierSystem, code: idempotencyKey }
    : { system: contentIdentifierSystem, code: contentMark };

/** Whether the same call began this plan: without a key, only while the plan runs. Refused (422): its key, with another content. */
export function isBegunBy({ contentMark, idempotencyKey }: MarkedCall, carePlan: CarePlan): boolean {
  if (!idempotencyKey && carePlan.status !== 'active') return false;
  const isSameContent = carePlan.identifier?.some(
    ({ system, value }) => system === contentIdentifierSystem && value === contentMark,
  );
  if (!isSameContent) throw businessRule('this Idempotency-Key was used before with another content');
  return true;
}
