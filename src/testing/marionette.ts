// Firefox, driven over Marionette, the protocol that it speaks itself: https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The path of Firefox; undefined if the system has none. */
export const firefoxPath = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync);

/** What the browser of a test differs in from a new one. */
const preferences = {
  // Any port, which Firefox writes into its profile.
  'marionette.port': 0,
  'ui.prefersReducedMotion': 1,
  'app.update.disabledForTesting': true,
  'datareporting.policy.dataSubmissionEnabled': false,
};

/** Keys by their names, in the private numbers that WebDriver uses. */
const keys: Readonly<Record<string, string>> = {
  Tab: '\uE004',
  Enter: '\uE007',
  Escape: '\uE00C',
  End: '\uE010',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
};

/** A page in Firefox. */
export interface FirefoxPage {
  goto(url: string): Promise<void>;
  /** What a function or an expression is in the page; a promise is awaited. */
  evaluate<Result, Argument = undefined>(
    code: string | ((argument: Argument) => Result | Promise<Result>),
    argument?: Argument,
  ): Promise<Result>;
  /** Presses and releases a key. */
  press(key: string): Promise<void>;
  /** Moves the pointer to a place in the window. */
  movePointer(x: number, y: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts Firefox with a page by its URL, in a window of its own profile. */
export async function openFirefox(url: string): Promise<FirefoxPage> {
  const profile = mkdtempSync(join(tmpdir(), 'firefox-'));
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const options = ['--headless', '--no-remote', '--marionette', '--profile', profile];
  const browser = spawn(firefoxPath!, options, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  const close = async (): Promise<void> => {
    browser.kill('SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const failed = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`Firefox exited with code ${code}`)));
  });
  failed.catch(() => {});
  try {
    const send = await Promise.race([commander(profile), failed]);
    const command = (name: string, parameters: object = {}): Promise<unknown> =>
      Promise.race([send(name, parameters), failed]);
    await command('WebDriver:NewSession', {
      capabilities: { alwaysMatch: { timeouts: { script: 280_000 } } },
    });
    await command('WebDriver:SetWindowRect', { width: 1200, height: 860 });
    const perform = (actions: object) => command('WebDriver:PerformActions', { actions: [actions] });
    await command('WebDriver:Navigate', { url });
    return {
      async goto(next) {
        await command('WebDriver:Navigate', { url: next });
      },
      async evaluate(content, argument) {
        const code = typeof content === 'string' ? content : `(${content})(argument)`;
        const script = `
          const [argument, done] = arguments;
          (async () => (${code}))().then(
            (value) => done(JSON.stringify({ value })),
            (error) => done(JSON.stringify({ error: error + ' ' + error?.stack })));`;
        const text = (await command('WebDriver:ExecuteAsyncScript', {
          script,
          args: [argument ?? null],
        })) as { value: string };
        const answer = JSON.parse(text.value);
        if ('error' in answer) {
          throw new Error(answer.error);
        }
        return answer.value;
      },
      async press(key) {
        const value = keys[key] ?? key;
        await perform({
          type: 'key',
          id: 'keyboard',
          actions: ['keyDown', 'keyUp'].map((type) => ({ type, value })),
        });
      },
      async movePointer(x, y) {
        const move = { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0 };
        await perform({
          type: 'pointer',
          id: 'mouse',
          parameters: { pointerType: 'mouse' },
          actions: [move],
        });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Connects to a Firefox that is starting; returns what sends a command and waits for its result. */
async function commander(profile: string): Promise<(name: string, parameters: object) => Promise<unknown>> {
  const file = join(profile, 'MarionetteActivePort');
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const socket = connect(Number(readFileSync(file, 'utf8')), '127.0.0.1');
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const greeted = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    let received = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      received = Buffer.concat([received, part]);
      // A message is its length in bytes, a colon, and JSON.
      for (;;) {
        const colon = received.indexOf(':');
        const end = colon + 1 + Number(received.subarray(0, colon).toString());
        if (colon < 0 || received.length < end) {
          return;
        }
        const message = JSON.parse(received.subarray(colon + 1, end).toString());
        received = received.subarray(end);
        if (!Array.isArray(message)) {
          resolve();
          continue;
        }
        const [, id, error, result] = message;
        const call = waiting.get(id)!;
        waiting.delete(id);
        if (error) {
          call.reject(new Error(`Firefox: ${error.error}: ${error.message}`));
        } else {
          call.resolve(result);
        }
      }
    });
  });
  await greeted;
  let count = 0;
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, { resolve, reject });
      const message = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
}
