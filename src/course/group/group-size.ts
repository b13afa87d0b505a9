// How many people take part and how many lead: a group that is larger or smaller than its plan says needs a reason, and is then planned so.

export interface GroupBounds {
  readonly least: number;
  readonly most: number;
}

/** What differs from the plan, in words; undefined when nothing does. */
export function sizeDifference(members: number, { least, most }: GroupBounds): string | undefined {
  return members < least || members > most
    ? `${members} people take part; the plan has ${least} to ${most}`
    : undefined;
}

/** May one more join without a reason? */
export function hasRoom(members: number, { most }: GroupBounds): boolean {
  return members < most;
}

/** The first that stands twice. */
export function firstTwice(references: readonly string[]): string | undefined {
  return references.find((reference, index) => references.indexOf(reference) !== index);
}
