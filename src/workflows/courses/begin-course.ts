// The first session that was held begins the course for everybody: the episode is active, the referral is in progress.
import type { ServiceRequest, Task } from '@medplum/fhirtypes';
import { businessStatus, businessStatusCode } from '../../course/referral/referral-resources.ts';
import type { WorkflowContext } from '../context.ts';
import { coordinationTasksOf } from '../referrals/coordination-tasks.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { moveEpisode } from './move-episode.ts';

/** Does nothing when the course has begun, or has no referral. */
export async function beginCourse(context: WorkflowContext, session: ServiceRequest): Promise<void> {
  const referral = session.basedOn?.find(({ reference }) =>
    reference?.startsWith('ServiceRequest/'),
  )?.reference;
  if (!referral) {
    return;
  }
  await moveEpisode(context, referral, 'active');
  for (const task of await coordinationTasksOf(context, referral)) {
    if (task.status === 'accepted' || wasMissed(task)) {
      const running: Task = {
        ...task,
        status: 'in-progress',
        businessStatus: businessStatus('course-started'),
        lastModified: context.clock.now().toISOString(),
      };
      await updateChecked(context, running, task.meta?.versionId ?? '');
    }
  }
}

/** A session took place after one that did not. */
const wasMissed = ({ status, businessStatus: meaning }: Task): boolean =>
  status === 'in-progress' && ['unattended', 'event-cancelled'].includes(businessStatusCode(meaning) ?? '');
