// Who a scheduled job is to the store: somebody who may search what the job looks for and note its runs, and nothing else. What it writes
// about a person it writes as the service, by its own row in auth/service-effects.ts.
import type { Actor } from '../../auth/actor.ts';
import type { JobWork } from './watch-round.ts';

export function jobActor(name: string, { searches }: Pick<JobWork, 'searches'>): Actor {
  return {
    role: 'integrator',
    // Patient, so that whom it finds counts as reached.
    scopes: [...searches.map((type) => `system/${type}.rs`), 'system/Patient.r', 'system/AuditEvent.c'],
    tokenId: `job/${name}`,
  };
}
