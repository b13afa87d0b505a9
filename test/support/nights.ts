// Two nights in which the day of the organisation is not that of UTC: half past midnight in Amsterdam, while UTC has the day before, and half
// past eleven in New York, while UTC has the next.
import type { Resource } from '@medplum/fhirtypes';
import { type PeopleOverHttp, startPeople, type Tokens } from './people-over-http.ts';

/** Where it is, the instant, yesterday, today and tomorrow there, and when the day is over. */
export const nights = [
  [
    'Europe/Amsterdam',
    '2026-12-01T23:30:00Z',
    '2026-12-01',
    '2026-12-02',
    '2026-12-03',
    '2026-12-02T23:00:00Z',
  ],
  [
    'America/New_York',
    '2026-12-02T04:30:00Z',
    '2026-11-30',
    '2026-12-01',
    '2026-12-02',
    '2026-12-02T05:00:00Z',
  ],
] as const;

export interface NightOverHttp extends PeopleOverHttp {
  /** Stores it as the system. */
  keep(resource: Resource): Promise<void>;
}

export async function startNight(timeZone: string, at: string, tokens: Tokens = {}): Promise<NightOverHttp> {
  const people = await startPeople(tokens, { timeZone });
  people.service.clock.set(at);
  return {
    ...people,
    async keep(resource) {
      const { resourceType, id } = resource;
      const kept = await people.send('put', `${resourceType}/${id}`, 'system', resource);
      expect([kept.status, kept.body.issue]).toEqual([201, undefined]);
    },
  };
}

/** The status, with the first words of a refusal. */
export function said(answer: { readonly status: number; readonly body: { readonly issue?: unknown } }) {
  const [first] = (answer.body.issue ?? []) as readonly { readonly diagnostics?: string }[];
  return answer.status < 300 ? answer.status : [answer.status, first?.diagnostics];
}
