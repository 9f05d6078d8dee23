// Keeps a page current: what the server sends takes the place of the element's inside. What the
// server sends is escaped there; nothing is put together here. Without this file the page is the
// same, as of when it was loaded.
"use strict";
(function () {
  var box = document.querySelector("[data-events]");
  if (!box || !window.EventSource) return;
  var source = new EventSource(box.getAttribute("data-events"));

  function openOnes() {
    return Array.prototype.map.call(box.querySelectorAll("details[open][id]"), function (one) { return one.id; });
  }
  source.addEventListener("page", function (event) {
    var open = openOnes();
    var focus = document.activeElement && box.contains(document.activeElement) ? document.activeElement.id : "";
    box.innerHTML = event.data;
    open.forEach(function (id) {
      var one = document.getElementById(id);
      if (one) one.open = true;
    });
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus();
    var told = box.querySelector("[data-told]");
    var speaker = document.getElementById("told");
    if (told && speaker && speaker.textContent !== told.getAttribute("data-told"))
      speaker.textContent = told.getAttribute("data-told");
  });
  source.addEventListener("end", function () { source.close(); });
})();
