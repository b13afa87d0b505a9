// Who speaks in the story, and with which rights.
import type { TokenRequest } from '../auth/token-request.ts';
import type { Speaker } from './story-client.ts';

export const speakers = {
  gpSystem: {
    role: 'integrator',
    scopes: ['Patient', 'Practitioner', 'Organization', 'Condition'].map((type) => `system/${type}.cruds`),
  },
  gp: { role: 'gp', subject: 'Practitioner/demo-gp', scopes: [] },
  therapist: { role: 'therapist', subject: 'Practitioner/demo-therapist', scopes: [] },
  patient: { role: 'patient', subject: 'Patient/demo-anna', scopes: [] },
} as const satisfies Record<Speaker, TokenRequest>;
