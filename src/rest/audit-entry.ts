// An audit row for what is no read, search or write of the store's own: giving out what was kept or made beforehand.
import type { AuditEntry } from '../store/store.ts';
import type { FhirRequest } from './fhir-request.ts';

type Act = Pick<AuditEntry, 'action' | 'interaction' | 'resourceType' | 'id' | 'query'>;

export function auditEntry({ context, requestId }: FhirRequest, act: Act): AuditEntry {
  const { role, tokenId, subject } = context.actor;
  return {
    ...act,
    atMs: context.clock.now().getTime(),
    actor: { role, tokenId, ...(subject !== undefined && { subject }) },
    requestId,
    outcome: 'success',
  };
}
