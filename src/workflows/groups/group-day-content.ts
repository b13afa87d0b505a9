// Checks what was sent about a day of a group and brings it into the form that the record is built from.
import type { Patient, Practitioner, ServiceRequest } from '@medplum/fhirtypes';
import { addDuration } from '../../course/calendar.ts';
import { contentIdentifierSystem } from '../../course/course-codes.ts';
import type { HeldDay } from '../../course/group/group-day-resources.ts';
import { namesIn, type PersonNames } from '../../course/group/group-note.ts';
import {
  attendanceFault,
  type DayElement,
  type MemberPresence,
  type Presence,
  presences,
  wasThere,
} from '../../course/group/group-presence.ts';
import { asItIs, saidIn } from '../../course/said.ts';
import { dueWithinOf } from '../../course/watch/watch-rules.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { isTimeWithZone } from '../../fhir/time-with-zone.ts';
import type { GroupPlan } from '../../pathways/group-plan-of.ts';
import type { WorkflowContext } from '../context.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { type Given, readReferenced, referenceTo } from '../resources/read-known.ts';
import { watchPlanOf } from '../watch/watch-plan-of.ts';
import type { GivenAttendance, GroupDayRequest } from './group-day-request.ts';
import type { RunOfGroup } from './group-run-of.ts';
import { elementNamed } from './programme-element.ts';

const place = 'Parameters.parameter';
const quietAlternative = 'https://w3id.org/alongside/fhir/StructureDefinition/quiet-alternative';

export async function heldDay(
  context: WorkflowContext,
  run: RunOfGroup,
  request: ServiceRequest,
  given: GroupDayRequest,
): Promise<HeldDay> {
  const minutes = given.minutes ?? request.quantityQuantity?.value;
  if (minutes === undefined) {
    throw invalid('"minutes" is needed: the plan does not say how long this day lasts', place);
  }
  const now = context.clock.now();
  const start = given.start?.value ?? new Date(now.getTime() - minutes * 60_000).toISOString();
  const days = daysOf(context);
  const date = isTimeWithZone(start) ? days.dayOf(start) : undefined;
  if (date === undefined) {
    throw invalid(
      '"start" is a time of day with its zone (2026-11-20T10:00:00+01:00)',
      given.start?.expression ?? place,
    );
  }
  if (Date.parse(start) > now.getTime()) {
    throw businessRule('a day is recorded when it was held: "start" lies ahead', given.start?.expression);
  }
  const themes = given.themes.map((theme) => ({
    ...elementOf(run.programme, theme.code),
    minutes: theme.minutes,
  }));
  const total = themes.reduce((sum, theme) => sum + theme.minutes, 0);
  if (total > minutes) {
    throw businessRule(`the themes take ${total} minutes and the day lasted ${minutes}`, place);
  }
  const note = given.note?.value;
  const title = saidIn(request.code ?? {}, 'text') ?? asItIs(`Day ${given.day ?? ''}`);
  const sentence = sentencesOf(context.catalogue);
  return {
    group: run.group,
    request: `ServiceRequest/${request.id}`,
    title,
    sentence,
    start,
    date,
    minutes,
    leaders: await leadersOfDay(context, run, given),
    themes,
    ...(note !== undefined && { note }),
    recordedAt: now.toISOString(),
    offer: sentence('make-up-offer', { day: title }),
    askHow: sentence('ask-how'),
    offerDue: addDuration(days.today, dueWithinOf(watchPlanOf(context), 'make-up-offer')),
    identifiers: [{ system: contentIdentifierSystem, value: given.contentMark }],
  };
}

async function leadersOfDay(
  { store }: WorkflowContext,
  run: RunOfGroup,
  { leaders, leadersReason }: GroupDayRequest,
): Promise<readonly string[]> {
  if (leaders.length === 0) return run.leaders;
  const led: string[] = [];
  for (const { value, expression } of leaders) {
    led.push(
      referenceTo(await readReferenced(store, value, ['Practitioner', 'PractitionerRole'], expression)),
    );
  }
  const distinct = [...new Set(led)];
  if (distinct.length !== run.programme.leaders && !leadersReason) {
    throw businessRule(
      `the plan has ${run.programme.leaders} leaders: for ${distinct.length} give the reason ("leadersReason")`,
      place,
    );
  }
  return distinct;
}

function elementOf({ elements }: GroupPlan, { value, expression }: Given): DayElement {
  const found = elementNamed(elements, value);
  if (!found) {
    const known = [...new Set(elements.map(({ coding }) => coding.code))].join(', ');
    throw businessRule(`"${value}" is no part of this plan; its parts are: ${known}`, expression);
  }
  return found;
}

/** Everybody expected, once. Refused (422): somebody left out, somebody else, an exercise without anything quieter. */
export function presencesOf(
  context: WorkflowContext,
  run: RunOfGroup,
  expected: readonly string[],
  given: readonly GivenAttendance[],
  dayMinutes: number,
): readonly MemberPresence[] {
  const fault = attendanceFault(
    expected,
    given.map(({ member }) => member.value),
  );
  if (fault !== undefined) {
    throw businessRule(`"attendance": ${fault}`, place);
  }
  return given.map((each): MemberPresence => {
    const { member, minutes } = each;
    const presence = presenceOf(each.presence);
    const isTimely = minutes !== undefined && minutes < dayMinutes;
    if (presence === 'left-early' ? !isTimely : minutes !== undefined) {
      throw businessRule(
        `"minutes" is said of whoever left early, and is less than the ${dayMinutes} of the day`,
        member.expression,
      );
    }
    if (each.quiet.length > 0 && !wasThere(presence)) {
      throw businessRule('a quiet alternative is chosen by somebody who is there', member.expression);
    }
    return {
      member: member.value,
      presence,
      ...(minutes !== undefined && { minutes }),
      quiet: each.quiet.map((choice) => {
        const exercise = elementOf(run.programme, choice.exercise);
        const instead = choice.instead
          ? elementOf(run.programme, choice.instead)
          : quieterThan(context, run.programme, exercise, choice.exercise.expression);
        return {
          exercise,
          instead: { ...instead, ...(choice.minutes !== undefined && { minutes: choice.minutes }) },
        };
      }),
    };
  });
}

function presenceOf({ value, expression }: Given): Presence {
  const presence = presences.find((each) => each === value);
  if (!presence) throw invalid(`"presence" is one of ${presences.join(', ')}`, expression);
  return presence;
}

/** What the content offers to whoever would rather not. */
function quieterThan(
  { catalogue }: WorkflowContext,
  programme: GroupPlan,
  exercise: DayElement,
  expression: string,
): DayElement {
  const definition = catalogue.definition(exercise.activity ?? '');
  const canonical = definition?.extension?.find(({ url }) => url === quietAlternative)?.valueCanonical;
  if (!canonical) {
    throw businessRule(
      `no quieter form of "${exercise.coding.code}" is described: say what was chosen ("instead")`,
      expression,
    );
  }
  return elementOf(programme, { value: canonical, expression });
}

/** Refused (422) with the places, and without the names, so that the refusal tells of nobody either. */
export function refuseNames(
  note: Given | undefined,
  people: readonly Pick<Patient | Practitioner, 'name'>[],
): void {
  const places = note ? namesIn(note.value, people.map(namesOf)) : [];
  if (places.length > 0) {
    throw businessRule(
      `the note names somebody of the group (${places.join('; ')}): write about the day, and about nobody by name`,
      note?.expression,
    );
  }
}

function namesOf({ name }: Pick<Patient | Practitioner, 'name'>): PersonNames {
  const names = name ?? [];
  return {
    given: names.flatMap(({ given }) => given ?? []),
    family: names.flatMap(({ family, text }) => [family, text].filter((each) => each !== undefined)),
  };
}
