// Whether a Consent stands at this moment, by the calendar of the organisation.
import type { Consent } from '@medplum/fhirtypes';
import { standsAt } from '../../course/consent-stands.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';

export function standsNow(context: Pick<WorkflowContext, 'clock' | 'wall'>, consent: Consent): boolean {
  return standsAt(consent, context.clock.now().getTime(), daysOf(context).today);
}
