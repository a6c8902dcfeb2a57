"use strict";
(function () {
  var switches = document.querySelectorAll(".switch");
  function speak() {
    switches.forEach(function (one) {
      if (!one.checked) return;
      document.documentElement.lang = one.value;
      document.title = document.querySelector('.page[lang="' + one.value + '"]').dataset.title;
    });
  }
  switches.forEach(function (one) { one.addEventListener("change", speak); });
  speak();

  function order(cell) {
    var text = cell.dataset.order;
    if (text === undefined || text === "") return null;
    var number = Number(text);
    return Number.isNaN(number) ? text : number;
  }
  function compare(a, b) {
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), document.documentElement.lang);
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = Array.from(table.tHead.rows[0].cells), body = table.tBodies[0];
    heads.forEach(function (head, column) {
      head.querySelector("button").addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach(function (one) { one.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        Array.from(body.rows).map(function (row) { return [order(row.cells[column]), row]; }).sort(function (x, y) {
          if (x[0] === null || y[0] === null) return (x[0] === null) - (y[0] === null);
          return down ? compare(y[0], x[0]) : compare(x[0], y[0]);
        }).forEach(function (pair) { body.appendChild(pair[1]); });
      });
    });
  });

  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var inside = target && target.querySelector("details");
    if (inside) inside.open = true;
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (one) { one.open = false; });
  });
})();
