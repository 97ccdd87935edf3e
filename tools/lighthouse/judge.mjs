// What Lighthouse thinks of the main pages of a running neighbourhood, as a table; fails below 95.
//
//   node judge.mjs [--origin http://nantes.localhost:8101] [--login hugo] [--password …] [--write docs/lighthouse.md]
//
// Home, list and one listing are judged as a visitor sees them, the publish page as a member does (and not for SEO: it
// is not public). `make demo` must be running. Each page is measured three times, as on a phone; the median counts.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import puppeteer from "puppeteer-core";

const { values: options } = parseArgs({
  options: {
    origin: { type: "string", default: "http://nantes.localhost:8101" },
    login: { type: "string", default: "hugo" },
    password: { type: "string", default: "bonjour les voisins" },
    write: { type: "string" },
  },
});
const WANTED = 0.95;
const RUNS = 3;
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];

const chrome = await launch({ chromePath: process.env.CHROME_PATH ?? "/usr/bin/chromium", chromeFlags: FLAGS });
const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${chrome.port}` });

async function firstListing() {
  const page = await browser.newPage();
  await page.goto(`${options.origin}/annonces`);
  const path = await page.$$eval("a[href]", (links) =>
    links.map((link) => link.getAttribute("href")).find((href) => /^\/annonces\/[0-9a-f-]{36}$/.test(href)),
  );
  await page.close();
  if (!path) throw new Error(`no listing on ${options.origin}/annonces`);
  return path;
}

async function signIn() {
  const page = await browser.newPage();
  await page.goto(`${options.origin}/connexion`);
  await page.type("input[autocomplete~=username]", options.login);
  await page.type("input[type=password]", options.password);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  if (page.url().includes("/connexion")) throw new Error(`${options.login} could not sign in`);
  await page.close();
}

async function judge(path, categories, form) {
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) {
    const flags = { port: chrome.port, onlyCategories: categories, disableStorageReset: true, logLevel: "error" };
    const { lhr } = await lighthouse(options.origin + path, flags, form === "desk" ? desktopConfig : undefined);
    if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
    runs.push(lhr);
  }
  const scores = CATEGORIES.map((name) => median(runs.map((lhr) => lhr.categories[name]?.score)));
  const faults = Object.values(runs[0].audits).filter((audit) => audit.score === 0 && audit.scoreDisplayMode === "binary");
  return { path, form, scores, faults: faults.map((audit) => audit.title) };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function row({ name, form, scores }) {
  const cells = scores.map((score) => (score === undefined ? "–" : Math.round(score * 100)));
  return `| ${name} | ${form} | ${cells.join(" | ")} |`;
}

const results = [];
try {
  const open = [["home", "/"], ["list", "/annonces"], ["listing", await firstListing()]];
  for (const form of ["phone", "desk"]) {
    for (const [name, path] of open) results.push({ name, ...(await judge(path, CATEGORIES, form)) });
  }
  await signIn();
  const closed = CATEGORIES.filter((name) => name !== "seo");
  for (const form of ["phone", "desk"]) results.push({ name: "publish", ...(await judge("/publier", closed, form)) });
} finally {
  await browser.disconnect();
  await chrome.kill();
}

const table = ["| page | on | performance | accessibility | best practices | SEO |", "|---|---|---|---|---|---|", ...results.map(row)];
console.log(table.join("\n"));
for (const { name, form, faults } of results) if (faults.length) console.log(`${name}, ${form}: ${faults.join(" · ")}`);
if (options.write) {
  const text = `# Lighthouse\n\nMedian of ${RUNS} runs on the demo, made by \`make lighthouse\`.\n\n${table.join("\n")}\n`;
  await writeFile(options.write, text);
}
process.exitCode = results.every(({ scores }) => scores.every((score) => score === undefined || score >= WANTED)) ? 0 : 1;
