// Gives somebody who missed a day of a group a day of their own: an extra session in their own plan, with who agreed on it.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import { courseIdOf, hasCourseCode } from '../../course/course-codes.ts';
import { makeUpResources } from '../../course/group/group-change-resources.ts';
import { appointmentOf, type GroupDay } from '../../course/group/group-resources.ts';
import { sessionNumber } from '../../course/next-step/next-step.ts';
import { asItIs, saidAs, saidIn } from '../../course/said.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { isDateOrTime } from '../../fhir/time-with-zone.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { type Given, readKnown, readOfPatient } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';

export interface MakeUpRequest {
  /** The member's own plan. */
  readonly carePlanId: string;
  /** "Task/x": the offer that the person takes. */
  readonly offer: Given;
  /** A date, or an instant with its zone. */
  readonly at: Given;
  readonly ifMatch?: string;
}

export interface MakeUpResult {
  readonly carePlan: CarePlan;
  readonly session: ServiceRequest;
}

/** Refused: 404 an offer that is not this person's, 412 and 428 without the plan's version, 422 an offer that is not open, a plan that does not run, a day that has passed. */
export function planMakeUpDay(context: WorkflowContext, request: MakeUpRequest): Promise<MakeUpResult> {
  return inTransaction(context, async (inside) => {
    const version = await readKnown(inside.store, 'CarePlan', request.carePlanId);
    const carePlan = version.resource();
    const patient = carePlan.subject.reference ?? '';
    const { value, expression } = request.offer;
    demandVersion('CarePlan', { ifMatch: request.ifMatch, demandsIfMatch: true });
    const offer = (await readOfPatient(inside.store, value, ['Task'], patient, expression)).resource();
    if (!hasCourseCode(offer.code, 'make-up-offer') || offer.status !== 'requested') {
      throw businessRule(`${value} is no open offer of a day to make up`, expression);
    }
    assertVersion(version.versionId, request.ifMatch);
    if (carePlan.status !== 'active') {
      throw businessRule(
        `CarePlan/${carePlan.id} is ${carePlan.status}: only a running plan gets another day`,
        'CarePlan.status',
      );
    }
    return written(inside, carePlan, version.versionId, offer, request.at);
  });
}

async function written(
  context: WorkflowContext,
  carePlan: CarePlan,
  versionId: string,
  offer: Parameters<typeof makeUpResources>[1]['offer'],
  at: Given,
): Promise<MakeUpResult> {
  const { today, dayOf } = daysOf(context);
  const date = isDateOrTime(at.value) ? dayOf(at.value) : undefined;
  if (date === undefined) {
    throw invalid('"date" is a date, YYYY-MM-DD, or an instant with its zone', at.expression);
  }
  if (date < today) {
    throw businessRule(
      `a day to make up is planned, and ${date} has passed: agree on ${today} or later ("date")`,
      at.expression,
    );
  }
  const patient = carePlan.subject.reference ?? '';
  const { store } = context;
  const missed = (
    await readOfPatient(store, offer.focus?.reference ?? '', ['ServiceRequest'], patient)
  ).resource();
  const requestGroup = (
    await readOfPatient(store, carePlan.activity?.[0]?.reference?.reference ?? '', ['RequestGroup'], patient)
  ).resource();
  const sessions = await sessionsOf(context, carePlan);
  const number = Math.max(...sessions.map(sessionNumber)) + 1;
  const title = sentencesOf(context.catalogue)('own-day', {
    day: saidIn(missed.code ?? {}, 'text') ?? asItIs(''),
  });
  const day: GroupDay = {
    number,
    actionId: `make-up-${number}`,
    title: title.text,
    ...saidAs('title', title),
    at: at.value,
    date,
    ...(missed.quantityQuantity?.value !== undefined && { minutes: missed.quantityQuantity.value }),
  };
  const leaders = (missed.performer ?? []).flatMap(({ reference }) => reference ?? []);
  const built = makeUpResources(
    { request: context.newId(), provenance: context.newId() },
    {
      carePlan,
      requestGroup,
      patient,
      courseId: courseIdOf(carePlan) ?? '',
      day,
      missed,
      offer,
      leaders,
      recordedAt: context.clock.now().toISOString(),
    },
  );
  const session = (await createChecked(context, built.request)).resource();
  await createChecked(context, appointmentOf(context.newId(), day, session.id ?? '', { leaders }, patient));
  await updateChecked(context, built.requestGroup, requestGroup.meta?.versionId ?? '');
  await updateChecked(context, built.offer, offer.meta?.versionId ?? '');
  const stored = await updateChecked(context, built.carePlan, versionId);
  await createChecked(context, built.provenance);
  return { carePlan: stored.resource(), session };
}
