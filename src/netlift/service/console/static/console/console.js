/* Rows of tables in forms, the priced sample cart beside them, and a filter of cards; all without any other library. */
document.addEventListener("DOMContentLoaded", () => {
  const after = (wait, act) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(act, wait); }; };

  for (const form of document.querySelectorAll("form[data-preview]")) {
    const into = form.querySelector("[data-into]");
    let asked = 0;
    const look = async () => {
      const mine = ++asked;
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      const text = await answer.text();
      if (answer.ok && mine === asked) into.innerHTML = text;
    };
    const soon = after(350, look);
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("rows", soon);
    look();
  }

  document.addEventListener("click", (event) => {
    const more = event.target.closest(".nl-more");
    const drop = event.target.closest(".nl-drop");
    if (more) {
      const table = more.closest("[data-rows]");
      const names = [...table.querySelectorAll("[name]")].map((one) => one.name.slice(table.dataset.rows.length + 1));
      const next = 1 + Math.max(-1, ...names.map((name) => parseInt(name, 10)).filter(Number.isFinite));
      const row = table.querySelector("template").innerHTML.replaceAll("__row__", String(next));
      table.querySelector(".nl-list").insertAdjacentHTML("beforeend", row);
      table.querySelector(".nl-list").lastElementChild.querySelector("input, select")?.focus();
      more.form?.dispatchEvent(new Event("rows"));
    }
    if (drop) {
      const form = drop.form;
      drop.closest(".nl-row").remove();
      form?.dispatchEvent(new Event("rows"));
    }
  });

  for (const box of document.querySelectorAll("[data-filter]")) {
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase();
      for (const one of document.querySelectorAll(box.dataset.filter)) one.hidden = !one.textContent.toLowerCase().includes(wanted);
    });
  }
});
/* Lists that change by themselves are asked for again while somebody looks at them. */
document.addEventListener("DOMContentLoaded", () => {
  for (const list of document.querySelectorAll("[data-again]")) {
    setInterval(async () => {
      if (document.hidden) return;
      const answer = await fetch(list.dataset.again, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) list.innerHTML = await answer.text();
    }, 3000);
  }
});
