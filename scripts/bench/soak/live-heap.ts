// Asks a process, through its inspector, what its JavaScript heap holds when all that nobody needs any more is gone. What the operating
// system counts goes up and down by more than a leak of ten minutes would show.
// https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/
import type { ServiceProcess } from '../service-process.ts';

interface Answer {
  readonly id?: number;
  readonly result?: { readonly usedSize?: number };
  readonly error?: { readonly message: string };
}

export interface LiveHeap {
  /** After a full collection, which holds the process up for some tens of milliseconds. */
  megabytes(): Promise<number>;
  close(): void;
}

/** Throws when the process was started without its inspector. */
export async function liveHeapOf({ inspectorUrl }: ServiceProcess): Promise<LiveHeap> {
  if (inspectorUrl === undefined) throw new Error('The process has no inspector.');
  const listed = (await (await fetch(`${inspectorUrl}/json/list`)).json()) as readonly {
    readonly webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(listed[0]?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('The inspector does not answer.')));
  });
  let asked = 0;
  const ask = (method: string): Promise<NonNullable<Answer['result']>> =>
    new Promise((resolve, reject) => {
      asked += 1;
      const id = asked;
      const hear = ({ data }: MessageEvent) => {
        const answer = JSON.parse(String(data)) as Answer;
        if (answer.id !== id) return;
        socket.removeEventListener('message', hear);
        if (answer.error === undefined) resolve(answer.result ?? {});
        else reject(new Error(answer.error.message));
      };
      socket.addEventListener('message', hear);
      socket.send(JSON.stringify({ id, method }));
    });
  return {
    async megabytes() {
      await ask('HeapProfiler.collectGarbage');
      const { usedSize = Number.NaN } = await ask('Runtime.getHeapUsage');
      return usedSize / 1e6;
    },
    close: () => socket.close(),
  };
}
