// Plays the program that a nightly run starts: says which day it works on, the day before the night that was due.
import { text } from 'node:stream/consumers';

const DAY_MS = 24 * 60 * 60 * 1_000;
const dayInIndia = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Kolkata' });

const { runId, params } = JSON.parse(await text(process.stdin));
const day = dayInIndia.format(Date.parse(params.scheduledAt) - DAY_MS);
process.stdout.write(`${JSON.stringify({ runId, day })}\n`);
