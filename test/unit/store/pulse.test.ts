// What calls are told while it is unknown whether the database still answers.
import { setTimeout as pause } from 'node:timers/promises';
import { NotAnswering } from '../../../src/store/postgres/failures.ts';
import { createPulse } from '../../../src/store/postgres/pulse.ts';

describe('one statement that was never answered', () => {
  it('has others refused only until somebody has looked, which is at once', async () => {
    let looks = 0;
    const pulse = createPulse(async () => {
      looks += 1;
    });
    pulse.heard(new NotAnswering());
    expect(() => pulse.demand()).toThrow(NotAnswering);
    await pause(20);
    expect([looks, pulse.answers()]).toEqual([1, true]);
    pulse.close();
  });

  it('has others refused for as long as whoever looks gets no answer either', async () => {
    let looks = 0;
    const pulse = createPulse(async () => {
      looks += 1;
      if (looks < 3) throw new NotAnswering();
    });
    const waiting = pulse.whileItAnswers(new Promise(() => undefined));
    pulse.heard(new NotAnswering());
    await expect(waiting).rejects.toThrow(NotAnswering);
    while (looks < 3) {
      expect(() => pulse.demand()).toThrow(NotAnswering);
      await pause(5);
    }
    await pause(5);
    expect(pulse.answers()).toBe(true);
    pulse.close();
  });
});
