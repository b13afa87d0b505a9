// Brings a plan's sessions into the form that the course is planned from, as many as are wanted.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { chooseSessions, type SessionBounds, type SessionTemplate } from '../../course/plan/schedule.ts';
import { asItIs, saidIn } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import { sessionsOf } from '../../pathways/sessions-of.ts';
import { readable } from './readable-plan.ts';

export interface Protocol {
  /** As many as were asked for, or the plan's required ones. */
  readonly templates: readonly SessionTemplate[];
  /** All of the plan's own, optional ones too. */
  readonly all: readonly SessionTemplate[];
  readonly bounds: SessionBounds;
  readonly minutes: SessionBounds;
}

/** A course names its protocol by the url. Refused (422): a plan that has none. */
export function demandUrl({ id, url }: PlanDefinition): void {
  if (url === undefined) {
    throw businessRule(
      `PlanDefinition/${id} has no url by which a course could name it: give it one`,
      'PlanDefinition.url',
    );
  }
}

/** More sessions than this are a mistake of typing, whatever the reason given. */
const mostImaginable = 52;

/** Refused (422): a plan that was changed to have more. */
export function demandImaginable(sessions: number): void {
  if (sessions > mostImaginable) {
    throw businessRule(`a course has at most ${mostImaginable} sessions`, 'Parameters.parameter');
  }
}

/** Refused (422): a plan without sessions, sessions that cannot be read, or a number of them that cannot be meant. */
export function protocolOf(plan: PlanDefinition, wanted: number | undefined): Protocol {
  const protocol = readable(plan, () => sessionsOf(plan));
  if (!protocol || protocol.sessions.length === 0) {
    throw businessRule(`PlanDefinition/${plan.id} has no sessions to plan`, 'PlanDefinition.action');
  }
  if (wanted !== undefined && (wanted < 1 || wanted > mostImaginable)) {
    throw businessRule(`"sessions" is a number from 1 to ${mostImaginable}`, 'Parameters.parameter');
  }
  if (protocol.sessions.length > mostImaginable || protocol.least > mostImaginable) {
    throw businessRule(
      `PlanDefinition/${plan.id} has more than ${mostImaginable} sessions`,
      'PlanDefinition.action',
    );
  }
  const all = protocol.sessions.map((session, index): SessionTemplate => {
    const { actionId, title, offset, minutesLow, minutesHigh, isRequired, definition } = session;
    return {
      actionId,
      place: index + 1,
      title: saidIn(session, 'title') ?? asItIs(title),
      offset,
      minutesLow,
      minutesHigh,
      isRequired,
      ...(definition !== undefined && { definition }),
    };
  });
  const bounds = { least: protocol.least, most: protocol.most };
  return {
    templates: chooseSessions(all, wanted, bounds),
    all,
    bounds,
    minutes: { least: protocol.minutesLow, most: protocol.minutesHigh },
  };
}
