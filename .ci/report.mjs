// Opens a report in headless Chromium: both languages, both colour schemes, the slider by keyboard,
// no request and no error. Photographs go to a folder. A missing Chromium is an error.
//
//     node --experimental-websocket .ci/report.mjs REPORT.html FOLDER
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [report, folder] = process.argv.slice(2).map((path) => resolve(path));
const profile = mkdtempSync(join(tmpdir(), "report-"));
const browser = spawn("chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", `--user-data-dir=${profile}`,
]);
browser.on("error", (error) => fail(`chromium does not start: ${error.message}`));
const clock = setTimeout(() => fail("chromium does not answer"), 120_000);

function fail(message) {
  console.error(`error: ${message}`);
  browser.kill();
  process.exit(1);
}

function check(holds, message) {
  if (!holds) fail(message);
}

// The browser tells its address on standard error.
const address = await new Promise((found) => {
  let text = "";
  browser.stderr.on("data", (data) => {
    text += data;
    const match = text.match(/DevTools listening on (ws:\S+)/);
    if (match) found(match[1]);
  });
});
const socket = new WebSocket(address);
await new Promise((open) => socket.addEventListener("open", open));
const waiting = new Map();
const problems = [];
let session;
let number = 0;
let loaded = () => {};
socket.addEventListener("message", ({ data }) => {
  const { id, result, error, method, params } = JSON.parse(data);
  if (id) {
    const { resolve, reject } = waiting.get(id);
    return error ? reject(new Error(error.message)) : resolve(result);
  }
  if (method === "Page.loadEventFired") loaded();
  if (method === "Runtime.exceptionThrown") problems.push(params.exceptionDetails.text);
  if (method === "Runtime.consoleAPICalled" && params.type === "error") problems.push("console.error");
  if (method === "Log.entryAdded" && params.entry.level === "error") problems.push(params.entry.text);
  if (method === "Network.requestWillBeSent" && !params.request.url.startsWith("file:")) {
    problems.push(`it asks for ${params.request.url}`);
  }
});
const send = (method, params = {}) =>
  new Promise((resolve, reject) => {
    waiting.set(++number, { resolve, reject });
    socket.send(JSON.stringify({ id: number, method, params, sessionId: session }));
  });
const evaluate = async (expression) => {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
  check(!exceptionDetails, `${expression}: ${exceptionDetails?.text}`);
  return result.value;
};
const load = async () => {
  const done = new Promise((resolve) => (loaded = resolve));
  await send("Page.navigate", { url: pathToFileURL(report).href });
  await done;
};

const { targetId } = await send("Target.createTarget", { url: "about:blank" });
({ sessionId: session } = await send("Target.attachToTarget", { targetId, flatten: true }));
for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
await send("Emulation.setDeviceMetricsOverride", { width: 1300, height: 900, deviceScaleFactor: 1, mobile: false });
await load();

const papers = new Set();
for (const scheme of ["light", "dark"]) {
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await send("Emulation.setEmulatedMedia", { features });
  papers.add(await evaluate("getComputedStyle(document.body).backgroundColor"));
  for (const [language, other] of [["en", "zh"], ["zh", "en"]]) {
    await evaluate(`document.getElementById("lang-${language}").click()`);
    const seen = (name) => evaluate(
      `[...document.querySelectorAll(".${name}")].filter((it) => getComputedStyle(it).display !== "none").length`);
    check((await seen(language)) > 10, `${language} is not seen`);
    check((await seen(other)) === 0, `${other} is seen beside ${language}`);
    const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(join(folder, `report-${language}-${scheme}.png`), Buffer.from(data, "base64"));
  }
}
check(papers.size === 2, "both colour schemes have the same background");

// One step back by keyboard, all the way back, and to the end again.
const veil = () => evaluate(`Number(document.querySelector(".veil").getAttribute("height"))`);
const told = () => evaluate(`document.querySelector("output").textContent`);
const press = async (key) => {
  for (const type of ["keyDown", "keyUp"]) await send("Input.dispatchKeyEvent", { type, key, code: key });
};
check((await veil()) === 0, "something is veiled at the end");
const end = await told();
await evaluate(`document.querySelector("input[type=range]").focus()`);
await evaluate(`const slider = document.querySelector("input[type=range]"); slider.value = Math.floor(slider.max / 2);
  slider.dispatchEvent(new Event("input"))`);
const half = await veil();
check(half > 0, "the slider veils nothing");
check((await told()) !== end, "the time does not change");
await evaluate(`document.querySelector(".back").click()`);
check((await veil()) > half, "a step back veils nothing more");
const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
writeFileSync(join(folder, "report-slider.png"), Buffer.from(data, "base64"));
await evaluate(`document.querySelector("input[type=range]").focus()`);
await press("End");
await press("ArrowLeft");
check((await veil()) > 0, "the slider does not move by keyboard");

// Without scripts everything is there, and nothing that would do nothing.
await send("Emulation.setScriptExecutionDisabled", { value: true });
await load();
check((await evaluate(`document.querySelector(".controls").hidden`)) === true, "controls without a script");
check((await veil()) === 0, "something is veiled without a script");
check(problems.length === 0, problems.join("; "));
clearTimeout(clock);
browser.kill();
console.log("the report is good in both languages and both colour schemes, with and without its script");
process.exit(0);
