// The whole story of the README over HTTP on a real service: screening, proposal, referral, enrolment, sessions, course.
import { readFileSync } from 'node:fs';
import { createApp } from '../../src/app.ts';
import { tokensOfSpeakers } from '../../src/demo/prepare-demo.ts';
import { playStory, type StoryEnd } from '../../src/demo/story.ts';
import { storyClient } from '../../src/demo/story-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { timeOrderedIds } from '../../src/runtime/ids.ts';
import { type Listening, listen } from '../../src/runtime/listen.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createSystem, type System } from '../../src/system.ts';
import { databaseFor } from '../support/test-database.ts';

describe('the main job, from screening to the course view', () => {
  let system: System;
  let listening: Listening;
  let end: StoryEnd;
  const lines: string[] = [];

  beforeAll(async () => {
    const database = await databaseFor(':memory:');
    system = await createSystem({
      ...database,
      createOnUpdate: true,
      requireIfMatch: false,
      version: 'test',
      clock: systemClock,
      timeZone: 'Europe/Amsterdam',
      newId: timeOrderedIds(systemClock),
      log: silentLog,
    });
    listening = await listen(createApp(system), 0, '127.0.0.1');
    const tokens = await tokensOfSpeakers(system.tokens);
    const bodies: string[] = [];
    end = await playStory(
      storyClient({
        baseUrl: listening.url,
        tokens,
        print: (line) => lines.push(line),
        keep: (body) => `body-${bodies.push(body)}.json`,
      }),
    );
  });

  afterAll(async () => {
    await listening.stop(1_000);
    await system.close();
  });

  it('scores the PHQ-15 as 13 of 28, band medium, with the inclusion bar as a fact of its own', () => {
    expect(end.phq15.valueQuantity?.value).toBe(13);
    expect(end.phq15.interpretation?.[0]?.text).toBe('medium');
    expect(end.phq15.referenceRange).toHaveLength(4);
    expect(end.phq15.component?.map(({ valueBoolean }) => valueBoolean)).toContain(true);
  });

  it('scores the FSQ as 15 from 9 painful areas and 6 points of severity', () => {
    expect(end.fsq.valueQuantity?.value).toBe(15);
    expect(end.fsq.hasMember).toHaveLength(2);
    expect(end.fsq.interpretation?.[0]?.text).toBe('severe');
  });

  it('says what follows, and that a referral is among it', () => {
    expect(end.guidance.moduleCanonical).toMatch(/\/PlanDefinition\/pss-pathway\|/);
    expect(end.guidance.note?.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^Applies: Refer to psychosomatic therapy/),
    );
  });

  it('proposes a draft CarePlan and stores nothing of it', () => {
    expect(end.proposal).toMatchObject({ resourceType: 'CarePlan', status: 'draft', intent: 'proposal' });
    expect(end.proposal.activity).toHaveLength(1);
  });

  it('refuses to skip a step of the referral and says which moves are allowed', () => {
    expect(end.refused.issue).toEqual([
      {
        severity: 'error',
        code: 'business-rule',
        diagnostics:
          'a referral Task cannot go from requested to completed; allowed: received, accepted, rejected, cancelled, entered-in-error',
        expression: ['Task.status'],
      },
    ]);
    expect(end.task.status).toBe('accepted');
  });

  it('enrols into eight dated sessions with the goal in the words of the patient', () => {
    expect(end.sessions).toHaveLength(8);
    expect(end.carePlan).toMatchObject({ status: 'active', intent: 'plan' });
    expect(end.carePlan.goal).toHaveLength(1);
  });

  it('shows the course: two sessions done, element minutes, change since the start, goal, homework, next step', () => {
    const text = JSON.stringify(end.course);
    expect(end.course.resourceType).toBe('Parameters');
    expect(text).toContain('twice a week');
    expect(text).toContain('body-oriented');
    expect(end.course.parameter?.some(({ name }) => name === 'next')).toBe(true);
  });

  it('leaves only valid R4 behind, whoever wrote it', async () => {
    const { store } = system.contextFor({ role: 'system', scopes: [], tokenId: 'test' }, 'test');
    const types = new Set<string>();
    for (const type of system.resourceTypes) {
      const { query } = system.parseSearch(type, [['_count', '200']]);
      for (const match of (await store.search(query)).matches) {
        types.add(type);
        const errors = system.validator
          .validate(match.resource())
          .filter(({ severity }) => severity === 'error' || severity === 'fatal');
        expect({ type, id: match.id, errors }).toEqual({ type, id: match.id, errors: [] });
      }
    }
    expect([...types]).toEqual(
      expect.arrayContaining([
        'Composition',
        'Encounter',
        'GuidanceResponse',
        'Procedure',
        'RequestGroup',
        'Task',
      ]),
    );
  });

  it('prints each call as a curl command without a token in it', () => {
    const calls = lines.filter((line) => line.trim().startsWith('curl '));
    expect(calls.length).toBeGreaterThan(15);
    expect(lines.join('\n')).not.toContain('alongside_');
  });

  it('prints the change since the start beside the published threshold', () => {
    expect(lines.join('\n')).toContain('13 at the start, then 10 (difference -3; published threshold 3)');
  });

  it('prints what the README shows of it', () => {
    const story = readFileSync('README.md', 'utf8').split('## The story, over plain FHIR REST')[1] ?? '';
    const shown = story.split('```')[1]?.split('\n').slice(1, -1) ?? [];
    const printed = lines.flatMap((line) => line.split('\n'));
    const missing = shown
      .map((line) => line.replace(' (the reasons left out here):', ''))
      .filter((line) => !printed.some((each) => each.startsWith(line)));
    expect(shown.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
  });
});
