// How an element of the therapy was planned and used over the sessions that were held, and whether it is planned ahead.
import type { Coding, ServiceRequest } from '@medplum/fhirtypes';
import { elementSystem } from '../course-codes.ts';
import { isOpenSession } from '../course-moves.ts';
import type { ElementFact } from '../next-step/next-step-findings.ts';
import type { Said } from '../said.ts';
import type { DeliveredDose } from './element-dose.ts';

interface Session {
  readonly session: ServiceRequest;
  /** Absent while the session was not held. */
  readonly encounter?: object;
  readonly delivered: readonly DeliveredDose[];
}

export interface NamedElement {
  readonly code: string;
  readonly title: Said;
}

export function elementFacts(
  elements: readonly NamedElement[],
  sessions: readonly Session[],
): readonly ElementFact[] {
  const held = sessions.filter(({ encounter }) => encounter);
  return elements.map(({ code, title }) => {
    const plans = ({ session }: Session) =>
      session.orderDetail?.some(({ coding }) => isElement(coding, code)) === true;
    const uses = ({ delivered }: Session) => delivered.some(({ element }) => element.code === code);
    const planned = held.filter(plans);
    const used = held.filter(uses);
    return {
      code,
      title,
      planned: planned.length,
      usedAsPlanned: planned.filter(uses).length,
      used: used.length,
      isPlannedAhead: sessions.some((each) => isOpenSession(each.session.status) && plans(each)),
      sources: [
        ...planned.map(({ session }) => `ServiceRequest/${session.id}`),
        ...used.flatMap(({ delivered }) =>
          delivered.filter(({ element }) => element.code === code).map(({ source }) => source),
        ),
      ],
    };
  });
}

const isElement = (coding: readonly Coding[] | undefined, code: string): boolean =>
  coding?.some((each) => each.system === elementSystem && each.code === code) === true;
