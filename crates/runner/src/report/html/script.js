// Steps through ladders: what is later than the slider's time is veiled.
"use strict";
for (const stepper of document.querySelectorAll(".stepper")) {
  const times = stepper.dataset.times.split(" ").map(Number);
  const controls = stepper.querySelector(".controls");
  const slider = controls.querySelector("input");
  const output = controls.querySelector("output");
  const views = [...stepper.querySelectorAll("figure")].map((figure) => ({
    steps: figure.dataset.steps.split(" ").map((step) => step.split(":").map(Number)),
    veil: figure.querySelector(".veil"),
    height: Number(figure.querySelector(".paper").getAttribute("height")),
  }));
  const show = () => {
    const index = Number(slider.value);
    const time = times[index];
    const isLast = index === times.length - 1;
    output.textContent = time + " s";
    slider.setAttribute("aria-valuetext", time + " s");
    for (const { steps, veil, height } of views) {
      let edge = 0;
      for (const [at, y] of steps) if (at <= time) edge = y + 8;
      if (isLast) edge = height;
      veil.setAttribute("y", edge);
      veil.setAttribute("height", height - edge);
    }
  };
  const move = (by) => {
    slider.value = Number(slider.value) + by;
    show();
  };
  slider.addEventListener("input", show);
  controls.querySelector(".back").addEventListener("click", () => move(-1));
  controls.querySelector(".next").addEventListener("click", () => move(1));
  controls.hidden = false;
  show();
}
