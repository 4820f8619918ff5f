"use strict";
// Filters the findings, and opens all of them on paper. Text is compared, never made into HTML.
(() => {
  const form = document.getElementById("filter");
  const checks = [...document.querySelectorAll("details.check")];
  if (form) {
    const search = form.querySelector("input[type=search]");
    const boxes = [...form.querySelectorAll("input[type=checkbox]")];
    const told = form.querySelector("output");
    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      let shown = 0;
      let all = 0;
      for (const check of checks) {
        const head = check.querySelector("summary").textContent.toLowerCase();
        let here = 0;
        for (const row of check.querySelectorAll("tbody > tr")) {
          const text = `${head} ${row.textContent.toLowerCase()}`;
          row.hidden = !levels.has(check.dataset.severity) || !words.every((word) => text.includes(word));
          here += row.hidden ? 0 : 1;
          all += 1;
        }
        check.hidden = here === 0;
        if (words.length) check.open = here > 0;
        shown += here;
      }
      told.textContent = `${shown} of ${all}`;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
  }
  // What is folded away is not printed.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
})();
