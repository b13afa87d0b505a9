// The job that keeps what nobody has explained of a course, once, and closes what has found its explanation since.
import { isOfCourse, planDeviationSystem } from '../../course/course-codes.ts';
import { recordDeviations } from '../course-changes/record-deviations.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork } from './watch-round.ts';

export const noteDeviations: JobWork = {
  effect: 'record-deviations',
  searches: ['CarePlan', 'DetectedIssue'],

  async people(round) {
    const running = await peopleWith(round, 'CarePlan', [byToken('status', { code: 'active' })], isOfCourse);
    const noted = await peopleWith(
      round,
      'DetectedIssue',
      [{ parameter: 'code', test: { kind: 'token', values: [{ system: planDeviationSystem }] } }],
      ({ mitigation, status }) => !mitigation && status !== 'entered-in-error',
    );
    return new Set([...running, ...noted]);
  },

  async forPerson({ context, reference, wrote }) {
    const found = await findResources(context.store, 'CarePlan', [byReference('subject', reference)]);
    for (const carePlan of found.filter((each) => isOfCourse(each) && each.status !== 'entered-in-error')) {
      const { noted, explained } = await recordDeviations(context, carePlan.id ?? '');
      wrote('set', noted);
      wrote('takenBack', explained);
    }
  },
};
