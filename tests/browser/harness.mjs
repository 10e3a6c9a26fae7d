// What the browser tests share: a browser, pages that tell whether they complained or called out,
// counted checks, and the accessibility rules of axe-core.
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const BUILD = resolve(process.env.BUILD ?? 'build');
export const TFLBENCH = join(BUILD, 'tflbench');
export const SCREENSHOTS = join(BUILD, 'screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

mkdirSync(SCREENSHOTS, { recursive: true });
export const scratch = mkdtempSync(join(tmpdir(), 'tflbench-browser-'));

let passed = 0, failed = 0;

export function check(what, good, ...details) {
  if (good) passed++;
  else failed++;
  if (!good) console.log(`not ok - ${what}${details.length ? `: ${details.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ')}` : ''}`);
}

export const same = (what, is, should) => check(what, JSON.stringify(is) === JSON.stringify(should), { is, should });

let browser;
export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  return browser;
}

// A page in a context of its own. finish() checks that it neither complained nor called out.
export async function open(file, { size = 'desktop', theme = 'light', hash = '', ...more } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: theme, hasTouch: size === 'phone', ...more });
  const page = await context.newPage();
  const complaints = [], requests = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => { if (!/^(file|blob|data|about):/.test(request.url())) requests.push(request.url()); });
  await page.goto(`file://${file}${hash && `#${hash}`}`);
  const finish = async (what) => {
    same(`${what}: no message on the console`, complaints, []);
    same(`${what}: no network request`, requests, []);
    await context.close();
  };
  return { page, finish };
}

// A frame, and what it draws: canvases draw in the frame after a change.
export const settle = (page) => page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))); }));

export async function accessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
  same(`${what}: no serious accessibility fault`, serious.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]), []);
}

export async function fits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(`${what}: nothing reaches beyond the page's width`, over <= 0, { over });
}

export const shot = (page, name, fullPage = false) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });

export const tflbench = (...args) => execFileSync(TFLBENCH, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

// The page that the program makes of profile documents.
export function makePage(name, ...documents) {
  const files = documents.map((document, i) => {
    const file = join(scratch, `${name}-${i}.json`);
    writeFileSync(file, JSON.stringify(document));
    return file;
  });
  const page = join(scratch, `${name}.html`);
  tflbench('page', ...files, '-o', page);
  return page;
}

export async function end() {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
