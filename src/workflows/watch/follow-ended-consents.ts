// The job that looks for consents whose time has passed by itself: what rested on one ends as by a withdrawal, and somebody is told. One
// that opened nothing that is still open is left as it was written.
import type { CareTeam, Consent } from '@medplum/fhirtypes';
import { isGiven, isOver, teamsOf } from '../../course/consent-stands.ts';
import { pairOf } from '../../course/group/pair-resources.ts';
import type { SearchFilter } from '../../fhir/search-query.ts';
import { followWithdrawal } from '../consents/withdraw-consent.ts';
import { referralsWaitingBy } from '../referrals/tell-referrer.ts';
import { byInstant, byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand, Round } from './watch-round.ts';

/** Whoever gave it said until when: nobody else wrote that down. */
const byItself = { display: 'Alongside, by itself' };
const given = byToken('status', { code: 'active' });

export const followEndedConsents: JobWork = {
  effect: 'follow-ended-consents',
  searches: ['Consent'],

  people: (round) =>
    peopleWith(round, 'Consent', [given, endsBeforeLong(round)], (consent) => hasEnded(round, consent)),

  async forPerson(person) {
    const { context, asJob, reference, wrote } = person;
    const found = await findResources(context.store, 'Consent', [byReference('patient', reference), given]);
    for (const { id = '' } of found.filter((consent) => hasEnded(person, consent))) {
      // With the first of a pair's the other has ended too.
      const consent = (await readKnown(context.store, 'Consent', id)).resource();
      if (!isGiven(consent) || !(await hasOpenedSomething(person, consent))) continue;
      await followWithdrawal(asJob, consent, byItself);
      await updateChecked(context, { ...consent, status: 'inactive' }, consent.meta?.versionId ?? '');
      wrote('set', 1);
    }
  },
};

const hasEnded = ({ context, today }: Pick<Round, 'context' | 'today'>, consent: Consent): boolean =>
  isGiven(consent) && isOver(consent, context.clock.now().getTime(), today);

async function hasOpenedSomething({ context, reference }: PersonAtHand, consent: Consent): Promise<boolean> {
  for (const team of teamsOf(consent)) {
    const read = await context.store.read<CareTeam>('CareTeam', team.slice('CareTeam/'.length));
    if (read.kind === 'found' && pairOf(read.version.resource())) return true;
  }
  return (await referralsWaitingBy(context, consent, reference)).length > 0;
}

const dayMs = 86_400_000;

/** Whatever the zone: which of them have ended is looked at one by one. */
function endsBeforeLong({ context }: Round): SearchFilter {
  return byInstant('period', 'eb', context.clock.now().getTime() + 2 * dayMs);
}
