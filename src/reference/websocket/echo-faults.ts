import type { Fault } from '../fault.ts';
import { closingFaults } from './closing-faults.ts';
import { compressionFaults } from './compression-faults.ts';
import { frameFaults } from './frame-faults.ts';
import { handshakeFaults } from './handshake-faults.ts';
import { http2Faults } from './http2-faults.ts';
import { requestFaults } from './request-faults.ts';
import { tlsFaults } from './tls-faults.ts';

const rows = [
  ...handshakeFaults,
  ...requestFaults,
  ...frameFaults,
  ...closingFaults,
  ...compressionFaults,
  ...tlsFaults,
  ...http2Faults,
];

export const faults: Fault[] = rows.map(([name, breaks, summary, silent]) => ({
  name,
  breaks: breaks.split(/\s+/),
  summary,
  ...(silent ? { silent } : {}),
}));
