// What a page can do beyond being read: sort and unfold tables, link to a place, draw charts. Without it all numbers are there.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Tables

  const sizes = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15, EB: 1e18 };

  /** The number that a cell shows, or null: `$1,234.57`, `12.5%`, `1.5 kB`. */
  const number = (text) => {
    const match = /^(-?)\$?([\d,]+(?:\.\d+)?(?:e[+-]?\d+)?)%?(?: (bytes|[kMGTPE]B))?$/.exec(text);
    if (!match) return null;
    return Number(match[1] + match[2].replaceAll(",", "")) * (match[3] ? sizes[match[3]] : 1);
  };

  const order = (left, right) => (left < right ? -1 : left > right ? 1 : 0);

  /** Sorts the rows of a table's body by a column; what is no figure stands last among figures. */
  const sort = (table, column, descending) => {
    const rows = [...table.tBodies[0].rows].map((row, index) => {
      const text = row.cells[column] ? row.cells[column].textContent.trim() : "";
      return { row, index, text, value: number(text) };
    });
    const figures = rows.some((entry) => entry.value !== null);
    rows.sort((left, right) => {
      if (figures && (left.value === null) !== (right.value === null)) return left.value === null ? 1 : -1;
      const by = figures && left.value !== null ? left.value - right.value : order(left.text, right.text);
      return (descending ? -by : by) || left.index - right.index;
    });
    table.tBodies[0].append(...rows.map((entry) => entry.row));
    fold(table);
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
  };

  /** Marks the rows beyond the first ones, which a folded table hides. */
  const fold = (table) => {
    const first = Number(table.dataset.first || Infinity);
    [...table.tBodies[0].rows].forEach((row, index) => row.classList.toggle("rest", index >= first));
  };

  for (const table of document.querySelectorAll("table")) {
    if (!table.tHead || !table.tBodies[0] || table.classList.contains("heat")) continue;
    const body = table.tBodies[0];
    if (body.rows.length > 1) {
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const text = body.rows[0].cells[column] ? body.rows[0].cells[column].textContent.trim() : "";
          const now = head.getAttribute("aria-sort");
          // Figures start with the largest, words with the first.
          sort(table, column, now ? now === "ascending" : number(text) !== null);
        });
      });
    }
    if (table.dataset.first && body.rows.length > Number(table.dataset.first)) {
      const rest = body.rows.length - Number(table.dataset.first);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "more";
      const say = () => {
        const folded = table.classList.contains("folded");
        button.textContent = folded ? `Show ${rest} more ${rest === 1 ? "row" : "rows"}` : "Show fewer rows";
        button.setAttribute("aria-expanded", String(!folded));
      };
      table.classList.add("folded");
      fold(table);
      say();
      button.addEventListener("click", () => {
        table.classList.toggle("folded");
        say();
      });
      table.closest(".scroll").after(button);
    }
  }

  // A frame that doesn't scroll needs no stop for the Tab key.
  const frames = () => {
    for (const frame of document.querySelectorAll(".scroll")) {
      if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
      else frame.removeAttribute("tabindex");
    }
  };
  frames();
  addEventListener("resize", frames);

  // Charts

  const theme = () => {
    const style = getComputedStyle(root);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      ink: color("ink"), quiet: color("quiet"), line: color("line"), paper: color("paper"), strong: color("line-strong"),
      good: color("good"), critical: color("critical"), band: color("band"),
      series: Array.from({ length: 8 }, (_, index) => color(`series-${index + 1}`)),
      font: getComputedStyle(document.body).fontFamily,
    };
  };

  const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  /** A number in full: cents for money, four significant digits for what is small. */
  const full = (value, unit) => {
    const size = Math.abs(value);
    let text;
    if (Number.isInteger(value) && size < 1e15) text = grouped(String(size));
    else if (size >= 1e15) text = size.toPrecision(4);
    else {
      const places = size >= 1000 ? (unit.before ? 2 : 0) : size >= 1 ? 2 : Math.min(9, 3 - Math.floor(Math.log10(size)));
      const [whole, rest] = size.toFixed(places).split(".");
      text = grouped(whole) + (rest ? `.${rest}` : "");
    }
    return (value < 0 ? "-" : "") + (unit.before || "") + text + (unit.after || "");
  };

  /** A number in few characters, for an axis. */
  const short = (value, unit) => {
    const size = Math.abs(value);
    let text;
    if (size >= 999.5) {
      const [limit, name] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([step]) => size >= step * 0.9995) || [1e3, "k"];
      text = String(Number((size / limit).toPrecision(3))) + name;
    } else text = String(Number(size.toPrecision(3)));
    return (value < 0 ? "-" : "") + (unit.before || "") + text + (unit.after === "%" ? "%" : "");
  };

  const cut = (text, length) => ([...text].length > length ? `${[...text].slice(0, length - 1).join("")}…` : text);

  // Times are UTC and written as in the tables.
  const stamp = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z").replace(/T00:00:00Z$/, "");
  const steps = [60, 300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000];
  const timeTicks = (axis) => {
    // A label takes some 90 pixels.
    const most = Math.min(9, Math.max(2, Math.floor(axis.chart.width / 100)));
    const step = steps.find((size) => (axis.max - axis.min) / size <= most) || steps[steps.length - 1];
    axis.ticks = [];
    for (let at = Math.ceil(axis.min / step) * step; at <= axis.max; at += step) axis.ticks.push({ value: at });
  };
  const timeLabel = (value) => {
    const text = new Date(value * 1000).toISOString();
    return value % 86400 === 0 ? text.slice(0, 10) : `${text.slice(5, 10)} ${text.slice(11, 16)}`;
  };

  /** Boxes of several series as one series, in which the boxes of a category stand beside each other. */
  const beside = (data) => ({
    ...data,
    categories: data.categories.flatMap((name) => data.series.map((series) => `${name}, ${series.name}`)),
    series: [{ ...data.series[0], boxes: data.categories.flatMap((_, index) => data.series.map((series) => (series.boxes || [])[index] || null)) }],
  });

  /** Leaves some room below the legend, which the library has no option for. */
  const legendGap = {
    id: "legendGap",
    beforeInit: (chart) => {
      const legend = chart.legend;
      if (!legend || legend.options.position !== "top") return;
      const fit = legend.fit;
      legend.fit = function () {
        fit.call(legend);
        this.height += 8;
      };
    },
  };

  /** Writes the names of a few points beside them. */
  const pointNames = (colors) => ({
    id: "pointNames",
    afterDatasetsDraw: (chart) => {
      const { ctx, chartArea: area } = chart;
      ctx.save();
      ctx.font = `12px ${colors.font}`;
      ctx.fillStyle = colors.ink;
      ctx.textBaseline = "middle";
      // A name that would stand on a point or on another name is left out: the tip and the table tell it.
      const points = chart.data.datasets.flatMap((set, number) =>
        chart.getDatasetMeta(number).data.map((point, index) => ({ x: point.x, y: point.y, skip: point.skip, raw: set.data[index] })));
      const taken = points.filter((point) => !point.skip).map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }));
      const meets = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
      for (const { x, y, skip, raw } of points) {
        if (!raw || !raw.label || skip) continue;
        const text = cut(raw.label, 28);
        const width = ctx.measureText(text).width;
        const place = [x + 9, x - 9 - width]
          .map((left) => ({ left, right: left + width, top: y - 7, bottom: y + 7 }))
          .find((box) => box.left >= area.left && box.right <= area.right && !taken.some((other) => meets(box, other)));
        if (!place) continue;
        taken.push(place);
        ctx.textAlign = "left";
        ctx.fillText(text, place.left, y);
      }
      ctx.restore();
    },
  });
  const mostNamedPoints = 60;

  /** Draws the interval of each bar as a line with two ends. */
  const whiskers = (colors) => ({
    id: "whiskers",
    afterDatasetsDraw: (chart) => {
      const { ctx } = chart;
      const across = chart.options.indexAxis === "y";
      const scale = chart.scales[across ? "x" : "y"];
      ctx.save();
      ctx.strokeStyle = colors.ink;
      ctx.lineWidth = 1.5;
      chart.data.datasets.forEach((set, number) => {
        if (!set.intervals || !chart.isDatasetVisible(number)) return;
        chart.getDatasetMeta(number).data.forEach((bar, index) => {
          const interval = set.intervals[index];
          if (!interval || interval.includes(null)) return;
          const [low, high] = interval.map((value) => scale.getPixelForValue(value));
          const middle = across ? bar.y : bar.x;
          const lines = [[low, middle, high, middle], [low, middle - 4, low, middle + 4], [high, middle - 4, high, middle + 4]];
          ctx.beginPath();
          for (const [a, b, c, d] of lines) {
            ctx.moveTo(...(across ? [a, b] : [b, a]));
            ctx.lineTo(...(across ? [c, d] : [d, c]));
          }
          ctx.stroke();
        });
      });
      ctx.restore();
    },
  });

  const draw = (canvas, data, colors) => {
    if (data.kind === "box" && data.series.length > 1) data = beside(data);
    const names = data.categories || [];
    const across = Boolean(data.horizontal);
    const [nameAxis, valueAxis] = across ? ["y", "x"] : ["x", "y"];
    const unitOf = (series) => series.unit || data.y;
    const points = (series) => series.points.map(([x, y, label]) => ({ x, y, label }));
    const content = (series) => (series.points ? points(series) : series.values || []);
    const datasets = [];
    let colored = 0;
    const next = () => colors.series[colored++ % colors.series.length];
    const many = (series) => (series.points || series.values || []).length > 60;

    const line = (series, options = {}) => ({
      type: "line", label: series.name, data: content(series), unit: unitOf(series), borderWidth: 2, tension: 0, spanGaps: false, pointStyle: "circle",
      pointRadius: many(series) ? 0 : 2, pointHitRadius: 8, ...options,
    });
    const reference = (series) =>
      line(series, { borderColor: colors.critical, backgroundColor: colors.critical, borderDash: [6, 4], borderWidth: 1.5, pointRadius: 0, pointStyle: "line", order: 0 });
    const events = (series) =>
      line(series, { showLine: false, pointStyle: "triangle", pointRadius: 7, borderColor: colors.critical, backgroundColor: colors.critical, order: 0 });
    const bar = (series, options = {}) => {
      const color = next();
      return { type: "bar", label: series.name, data: content(series), unit: unitOf(series), backgroundColor: color, borderWidth: 0, maxBarThickness: 34, pointStyle: "rect", order: 2, ...options };
    };

    if (data.kind === "waterfall") {
      let level = 0;
      const bars = names.map((_, index) => {
        const total = data.series.find((series) => series.role === "total" && (series.values || [])[index] != null);
        if (total) {
          level = total.values[index];
          return { from: 0, to: level, color: colors.series[0] };
        }
        const step = data.series.filter((series) => series.role !== "total").reduce((sum, series) => sum + ((series.values || [])[index] || 0), 0);
        const from = level;
        level += step;
        return { from, to: level, color: step > 0 === Boolean(data.rises_are_good) ? colors.series[2] : colors.series[1] };
      });
      datasets.push({
        type: "bar", label: data.y.title, unit: data.y, data: bars.map(({ from, to }) => [from, to]), backgroundColor: bars.map((entry) => entry.color),
        steps: bars.map(({ from, to }) => to - from), maxBarThickness: 60, borderSkipped: false,
      });
    } else if (data.kind === "box") {
      data.series.forEach((series) => {
        const boxes = series.boxes || [];
        const part = (low, high) => boxes.map((box) => (box ? [box[low], box[high]] : null));
        const color = next();
        const shared = { type: "bar", label: series.name, unit: unitOf(series), boxes, grouped: false, borderSkipped: false };
        datasets.push({ ...shared, data: part(0, 4), backgroundColor: color, barThickness: 2, order: 3, inner: true });
        datasets.push({ ...shared, data: part(1, 3), backgroundColor: color, barThickness: 18, order: 2 });
        datasets.push({
          type: "line", label: series.name, unit: unitOf(series), inner: true, showLine: false, order: 1, pointStyle: "line", pointRadius: 8,
          rotation: across ? 90 : 0, pointRotation: across ? 90 : 0, pointBorderWidth: 3, borderColor: colors.paper, backgroundColor: colors.paper,
          data: boxes.map((box) => (box ? box[2] : null)),
        });
      });
    } else if (data.kind === "doughnut") {
      const series = data.series[0];
      datasets.push({
        label: series.name, unit: unitOf(series), data: series.values || [], borderColor: colors.paper, borderWidth: 2,
        backgroundColor: names.map((_, index) => colors.series[index % colors.series.length]),
      });
    } else {
      const stacked = data.kind === "stacked_bar";
      const bars = names.length > 0 && data.kind !== "line" && data.kind !== "fan";
      data.series.forEach((series) => {
        // The edges of a band belong to the bars before them.
        if (bars && (series.role === "lower" || series.role === "upper")) {
          const owner = datasets[datasets.length - 1];
          if (!owner) return;
          const edge = series.role === "lower" ? 0 : 1;
          owner.intervals = names.map((_, index) => {
            const interval = owner.intervals ? owner.intervals[index] : [null, null];
            interval[edge] = (series.values || [])[index] ?? null;
            return interval;
          });
        } else if (series.role === "reference") datasets.push(reference(series));
        else if (series.role === "events") datasets.push(events(series));
        else if (series.role === "lower")
          datasets.push(line(series, { borderColor: colors.band, backgroundColor: colors.band, borderWidth: 1, pointRadius: 0, pointStyle: "rect", fill: false, order: 4, band: "lower" }));
        else if (series.role === "upper")
          datasets.push(line(series, { borderColor: colors.band, backgroundColor: colors.band, borderWidth: 1, pointRadius: 0, pointStyle: "rect", order: 4, band: "upper" }));
        else if (series.role === "cumulative") {
          const color = colors.series[1];
          datasets.push(line(series, { borderColor: color, backgroundColor: color, yAxisID: "share", order: 1, pointRadius: 3 }));
        } else if (data.kind === "scatter") {
          const color = next();
          datasets.push(line(series, { showLine: false, pointRadius: 5, borderColor: color, backgroundColor: color, borderWidth: 1 }));
        } else if (data.kind === "line" || data.kind === "fan") {
          const color = next();
          datasets.push(line(series, { borderColor: color, backgroundColor: color, order: 1 }));
        } else if (data.kind === "histogram")
          datasets.push(bar(series, { barPercentage: 1, categoryPercentage: 0.96, maxBarThickness: undefined }));
        else datasets.push(bar(series, stacked ? { stack: "all" } : {}));
      });
      // A band fills from its upper edge to the lower one, wherever that stands.
      const lowers = datasets.map((set, index) => (set.band === "lower" ? index : -1)).filter((index) => index >= 0);
      datasets.filter((set) => set.band === "upper").forEach((set, index) => {
        if (!lowers.length) return;
        set.fill = lowers[Math.min(index, lowers.length - 1)];
        set.legend = `${datasets[set.fill].label} to ${set.label}`;
      });
    }

    // A line far above zero is seen better without it; one that comes near starts there and never below.
    const heights = data.series.flatMap((series) => (series.points ? series.points.map((point) => point[1]) : series.values || [])).filter((value) => value != null);
    const nearZero = heights.length > 0 && Math.min(...heights) >= 0 && Math.min(...heights) < Math.max(...heights) / 2;
    // The axis holds the intervals of bars, which the library doesn't know of.
    const edges = datasets.flatMap((set) => (set.intervals || []).flat()).filter((value) => value != null);
    const highest = edges.length ? Math.max(...edges) : undefined;
    // Shares of a whole that come near it end there.
    const isWhole = data.y.after === "%" && heights.length > 0 && Math.max(...heights) <= 100 && Math.max(...heights) > 90 && data.kind !== "stacked_bar";
    // Ticks of a logarithmic axis at 1, 2 and 5 of each power of ten.
    const round = (value) => /^[125]0*$/.test(String(value).replace(/^0\.0*/, ""));
    const byName = names.length > 0;
    const title = (text) => ({ display: Boolean(text), text, color: colors.quiet, font: { size: 12 } });
    const grid = { color: colors.line, drawTicks: false, drawBorder: false };
    const isStacked = data.kind === "stacked_bar";
    const scales = {};
    if (data.kind !== "doughnut") {
      if (byName) {
        const narrow = names.every((name) => name.length <= 12);
        scales[nameAxis] = {
          type: "category", labels: names, stacked: isStacked, title: title(across ? "" : data.x.title), grid: { display: false, drawBorder: false },
          ticks: {
            color: colors.ink, maxRotation: narrow ? 0 : 40, autoSkip: !across && (narrow || names.length > 14), autoSkipPadding: 12,
            callback(_, index) {
              // Names may take a third of the width, at about seven pixels a letter.
              const room = across ? Math.min(40, Math.max(10, Math.floor(this.chart.width / 21))) : 16;
              const name = names[index] || "";
              const parts = name.split(" / ");
              const hasTwoLines = this.chart.height / names.length > 32;
              return name.length > room && parts.length === 2 && hasTwoLines ? parts.map((part) => cut(part, room)) : cut(name, room);
            },
          },
        };
      } else {
        const time = data.x.scale === "time";
        scales.x = {
          type: data.x.scale === "logarithmic" ? "logarithmic" : "linear", title: title(data.x.title), grid: { ...grid, display: !time },
          ticks: { color: colors.quiet, maxRotation: 0, autoSkipPadding: 16, callback: (value) => (time ? timeLabel(value) : data.x.scale === "logarithmic" && !round(value) ? "" : short(value, data.x)) },
        };
        if (time) {
          scales.x.afterBuildTicks = timeTicks;
          const at = data.series.flatMap((series) => (series.points || []).map((point) => point[0]));
          scales.x.min = Math.min(...at);
          scales.x.max = Math.max(...at);
          if (scales.x.min === scales.x.max) {
            scales.x.min -= 43200;
            scales.x.max += 43200;
          }
        }
      }
      const logarithmic = data.y.scale === "logarithmic";
      scales[valueAxis] = {
        type: logarithmic ? "logarithmic" : "linear", stacked: isStacked, title: title(data.y.title), grid, grace: logarithmic || isWhole ? 0 : "4%",
        suggestedMax: highest, max: isWhole ? 100 : undefined,
        beginAtZero: !["line", "scatter", "fan"].includes(data.kind) || nearZero,
        ticks: {
          color: colors.quiet, padding: 6, maxTicksLimit: across ? 7 : 6,
          callback: (value) => (logarithmic && !round(value) ? "" : short(value, data.y)),
        },
      };
      if (data.series.some((series) => series.role === "cumulative"))
        scales.share = {
          position: "right", min: 0, max: 100, title: title("Running share"), grid: { display: false, drawBorder: false },
          ticks: { color: colors.quiet, callback: (value) => `${value}%`, maxTicksLimit: 6 },
        };
    }

    const shown = datasets.filter((set) => !set.inner);
    const legend = data.kind === "doughnut" || shown.length > 1;
    return new Chart(canvas, {
      type: data.kind === "doughnut" ? "doughnut" : shown[0] && shown[0].type === "line" ? "line" : "bar",
      data: { labels: byName ? names : undefined, datasets },
      plugins: data.kind === "scatter" && data.series.reduce((sum, series) => sum + (series.points || []).length, 0) <= mostNamedPoints ? [legendGap, pointNames(colors)] : [legendGap, whiskers(colors)],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, normalized: false, indexAxis: across ? "y" : "x", locale: "en-US",
        color: colors.ink, font: { family: colors.font, size: 12 }, scales, cutout: data.kind === "doughnut" ? "58%" : undefined,
        interaction: { mode: byName && data.kind !== "doughnut" ? "index" : "nearest", axis: across ? "y" : "x", intersect: !byName || data.kind === "doughnut" },
        layout: { padding: { top: 4, right: 8 } },
        plugins: {
          legend: {
            display: legend, position: data.kind === "doughnut" ? "right" : "top", align: "start",
            labels: {
              color: colors.ink, boxWidth: 9, boxHeight: 9, usePointStyle: data.kind !== "doughnut", padding: 14,
              filter: (item) => {
                if (data.kind === "doughnut") return true;
                const set = datasets[item.datasetIndex];
                if (set.legend) item.text = set.legend;
                return !set.inner && set.band !== "lower";
              },
              sort: (left, right) => (data.kind === "doughnut" ? left.index - right.index : left.datasetIndex - right.datasetIndex),
            },
          },
          tooltip: {
            backgroundColor: colors.ink, titleColor: colors.paper, bodyColor: colors.paper, padding: 10, displayColors: shown.length > 1,
            filter: (item) => !item.dataset.inner,
            callbacks: {
              title: (items) => {
                if (!items.length) return "";
                if (byName) return names[items[0].dataIndex];
                const raw = items[0].raw;
                return raw.label || (data.x.scale === "time" ? stamp(raw.x) : `${data.x.title}: ${full(raw.x, data.x)}`);
              },
              label: (item) => {
                const set = item.dataset;
                if (set.boxes) {
                  const box = set.boxes[item.dataIndex];
                  const words = ["low", "lower quartile", "median", "upper quartile", "high"];
                  return box ? words.map((word, index) => `${word} ${full(box[index], set.unit)}`) : "";
                }
                const value = set.steps ? set.steps[item.dataIndex] : data.kind === "doughnut" ? item.raw : item.parsed[set.type === "bar" && across ? "x" : "y"];
                if (value == null) return "";
                const interval = (set.intervals || [])[item.dataIndex];
                const span = interval && !interval.includes(null) ? ` (${interval.map((edge) => full(edge, set.unit)).join(" to ")})` : "";
                return `${set.label}: ${full(value, set.unit)}${span}`;
              },
            },
          },
        },
      },
    });
  };

  if (typeof Chart === "undefined") {
    root.classList.remove("js");
    return;
  }
  const places = [...document.querySelectorAll("figure.chart")].flatMap((figure) => {
    const canvas = figure.querySelector("canvas");
    const source = figure.querySelector("script[type='application/json']");
    return canvas && source ? [{ canvas, data: JSON.parse(source.textContent), chart: null }] : [];
  });
  const drawAll = () => {
    const colors = theme();
    Chart.defaults.font.family = colors.font;
    Chart.defaults.color = colors.ink;
    for (const place of places) {
      if (place.chart) place.chart.destroy();
      place.chart = null;
      try {
        place.chart = draw(place.canvas, place.data, colors);
      } catch {
        // A chart that can't be drawn leaves its numbers.
        place.canvas.parentElement.classList.add("failed");
        const numbers = place.canvas.closest("figure").querySelector("details");
        if (numbers) numbers.open = true;
      }
    }
  };
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  // Paper is white whatever the screen is.
  addEventListener("beforeprint", () => {
    root.dataset.paper = "";
    drawAll();
  });
  addEventListener("afterprint", () => {
    delete root.dataset.paper;
    drawAll();
  });
})();
