import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { faults, faultsByArea, operators } from './faults.ts';

const here = new URL('.', import.meta.url);

async function sources(): Promise<{ name: string; text: string }[]> {
  const names = (await readdir(here, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(new URL(name, here), 'utf8') })),
  );
}

test('fault names are unique, and read like a sentence', () => {
  const names = [...faults, ...operators].map((fault) => fault.name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9.]+(-[a-z0-9.]+)*$/);
  expect(faults.length).toBeGreaterThanOrEqual(70);
});

test('every fault says what it breaks and what it does', () => {
  for (const fault of faults) {
    expect(fault.breaks.length, fault.name).toBeGreaterThan(0);
    expect(fault.summary, fault.name).toMatch(/^[A-Z].*[^.]$/);
  }
});

test('every fault is consulted by the code beside its declaration', async () => {
  const all = (await sources()).map(({ text }) => text).join('\n');
  for (const { name } of faults) {
    const mentions = all.split(`'${name}'`).length - 1;
    expect(mentions, `${name} is declared, and consulted nowhere`).toBeGreaterThanOrEqual(2);
  }
});

test('every fault that the code consults is declared', async () => {
  const known = new Set([...faults, ...operators].map((fault) => fault.name));
  for (const { name, text } of await sources()) {
    for (const [, consulted] of text.matchAll(/faults\.active\('([^']+)'\)/g)) {
      if (!name.startsWith('chat') && !name.startsWith('websocket')) expect(known, name).toContain(consulted);
    }
  }
});

test('every fault is consulted by the service that it is said to be in', async () => {
  const all = await sources();
  for (const { name, service } of faults) {
    const places = all.filter(({ text }) => text.includes(`'${name}'`)).map((source) => source.name);
    if (service)
      expect(
        places.some((place) => place.startsWith(`${service}/`)),
        name,
      ).toBe(true);
  }
});

test('every area has faults', () => {
  for (const [area, inArea] of Object.entries(faultsByArea)) expect(inArea.length, area).toBeGreaterThan(0);
});
