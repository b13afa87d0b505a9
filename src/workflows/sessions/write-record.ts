// Writes a corrected record: a new version of what says something else, and how the goals stand by all their scores.
import type { Composition, Encounter, Observation, Resource } from '@medplum/fhirtypes';
import { correctionIdentifierSystem } from '../../course/course-codes.ts';
import { goalByScores } from '../../course/goal/goal-by-scores.ts';
import type { Revision } from '../../course/plan/tailored-resources.ts';
import { isGoalScore, keptProgress, type SessionRecord } from '../../course/session/session-record.ts';
import type { WorkflowContext } from '../context.ts';
import { activityRule, goalScores } from '../courses/goal-progress-of.ts';
import { daysOf } from '../days.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { readReferenced } from '../resources/read-known.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';

export interface Written {
  readonly resource: Resource;
  readonly revision: Revision;
}

/** What says the same as before has no new version; the meeting always has one, by which the next correction is dated. */
export async function writeRecord(
  context: WorkflowContext,
  record: SessionRecord,
  after: readonly Resource[],
  mark: string,
): Promise<readonly Written[]> {
  const { encounter, procedures, observations, tasks, composition } = record;
  const before = [encounter, ...procedures, ...observations, ...tasks, ...(composition ? [composition] : [])];
  const written: Written[] = [];
  for (const each of after) {
    const stored = before.find(
      ({ resourceType, id }) => resourceType === each.resourceType && id === each.id,
    );
    const next = each.resourceType === 'Encounter' ? marked(each, mark) : each;
    if (stored && isUnchanged(stored, next)) continue;
    const version = stored
      ? await updateChecked<Resource>(context, next, stored.meta?.versionId ?? '')
      : await createChecked<Resource>(context, next);
    written.push({
      resource: version.resource(),
      revision: {
        reference: `${next.resourceType}/${next.id}`,
        versionId: version.versionId,
        ...(stored?.meta?.versionId && { before: stored.meta.versionId }),
      },
    });
  }
  return written;
}

const marked = (encounter: Encounter, value: string): Encounter => ({
  ...encounter,
  identifier: [
    ...(encounter.identifier ?? []).filter(({ system }) => system !== correctionIdentifierSystem),
    { system: correctionIdentifierSystem, value },
  ],
});

/** A note is not amended by its date alone. */
function isUnchanged(stored: Resource, next: Resource): boolean {
  if (stored.resourceType === 'Composition' && next.resourceType === 'Composition') {
    const said = ({ section }: Composition) => section ?? [];
    return (
      stored.status !== 'entered-in-error' &&
      next.status !== 'entered-in-error' &&
      isSameContent(said(stored), said(next))
    );
  }
  return isSameContent(stored, next);
}

/** How a goal stands follows from all its scores, those of later sessions too. */
export async function keepGoals(
  context: WorkflowContext,
  record: SessionRecord,
  written: readonly Resource[],
): Promise<readonly Written[]> {
  const now = written.filter(
    (each): each is Observation => each.resourceType === 'Observation' && isGoalScore(each),
  );
  const scored = now.flatMap(({ focus }) => focus?.[0]?.reference ?? []);
  const kept: Written[] = [];
  for (const reference of new Set([...scored, ...keptProgress(record).keys()])) {
    const goal = (await readReferenced(context.store, reference, ['Goal'])).resource();
    const rule = activityRule(context.catalogue);
    const next = goalByScores(goal, now, await goalScores(context, goal), rule, daysOf(context));
    if (isSameContent(goal, next)) continue;
    const stored = await updateChecked(context, next, goal.meta?.versionId ?? '');
    kept.push({
      resource: stored.resource(),
      revision: { reference, versionId: stored.versionId, before: goal.meta?.versionId ?? '' },
    });
  }
  return kept;
}
