import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { RecordSet } from '../record/record-set.ts';
import type { Strictness } from '../record/summary.ts';
import { htmlPage } from './html.ts';

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executable = places.find((path) => path !== undefined && existsSync(path));

/** Tests of the page are skipped where there is no browser; in CI they fail then. */
export const noBrowser = executable === undefined && !process.env.CI;

const axeFile = createRequire(import.meta.url).resolve('axe-core');

export interface Look {
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
  /** What stands behind `#`. */
  hash?: string;
}

/** A real browser that opens reports from disk, as their readers do. For tests. */
export class Reader {
  readonly #browser: Browser;
  readonly #folder = mkdtempSync(join(tmpdir(), 'touchstone-html-'));
  #files = 0;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Reader> {
    if (executable === undefined) throw new Error('no Chromium: install it, or say in CHROMIUM where it is');
    // Its sandbox does not work for root, as whom CI may run; what it opens here is written by these tests.
    const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
    return new Reader(browser);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** Writes the report, and returns its address. */
  async write(set: RecordSet, strictness: Strictness = {}): Promise<string> {
    const file = join(this.#folder, `report-${this.#files++}.html`);
    writeFileSync(file, await htmlPage(set, strictness, '0.1.0'));
    return pathToFileURL(file).href;
  }

  /** Opens a page, which throws at its end for errors and for what its policy forbade. */
  async open(
    address: string,
    { width = 1280, height = 900, theme = 'light', hash = '' }: Look = {},
  ): Promise<OpenPage> {
    const context = await this.#browser.newContext({ viewport: { width, height }, colorScheme: theme });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`it asks for ${request.url()}`);
    });
    page.on('dialog', (dialog) => {
      complaints.push(`it opens a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${address}#${hash}`);
    await page.locator('.target, .case .section, .rows .row').first().waitFor({ state: 'attached' });
    return Object.assign(page, { complaints });
  }
}

export type OpenPage = Page & { complaints: string[] };

/** What axe finds wrong, a line each. */
export async function violations(page: Page): Promise<string[]> {
  // The page's own policy forbids scripts that are put into it; what the debugger evaluates is not bound by it.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(readFileSync(axeFile, 'utf8'));
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  );
}
