// Measures a service beside bare Express in turns so short that a machine which is shared with others slows both down alike.
import { fire, median, type Shots, type Volley } from './fire.ts';
import type { ServiceProcess } from './service-process.ts';

export interface Measured extends Shots {
  /** Answers a second, to those of bare Express right before and after. */
  readonly ratio: number;
}

export interface BesideBare {
  /** `seconds` of the volley in all, after a warm-up; times and ratio are the median of the turns. */
  measure(service: ServiceProcess, volley: Volley): Promise<Measured>;
  /** Answers a second of each turn of bare Express until now. */
  rates(): readonly number[];
}

const turns = 5;
const warmUpSeconds = 2;
const bareSeconds = 1;

export function besideBare(bare: ServiceProcess, connections: number): BesideBare {
  const rates: number[] = [];
  const bareRate = async (): Promise<number> => {
    const { rate } = await fire(bare, {
      connections,
      seconds: bareSeconds,
      next: () => ({ method: 'GET', path: '/observation' }),
    });
    rates.push(rate);
    return rate;
  };
  return {
    rates: () => rates,
    async measure(service, volley) {
      await fire(service, { ...volley, seconds: warmUpSeconds });
      const measured: Measured[] = [];
      let before = await bareRate();
      for (let turn = 0; turn < turns; turn += 1) {
        const shots = await fire(service, { ...volley, seconds: volley.seconds / turns });
        const after = await bareRate();
        measured.push({ ...shots, ratio: shots.rate / ((before + after) / 2) });
        before = after;
      }
      const middle = (of: (one: Measured) => number) => median(measured.map(of));
      return {
        rate: middle(({ rate }) => rate),
        p50: middle(({ p50 }) => p50),
        p99: middle(({ p99 }) => p99),
        failed: measured.reduce((sum, { failed }) => sum + failed, 0),
        residentMb: Math.max(...measured.map(({ residentMb }) => residentMb)),
        ratio: middle(({ ratio }) => ratio),
      };
    },
  };
}
