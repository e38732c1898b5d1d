"""Writes the values that Plumbline's statistics are tested against, from SciPy and statsmodels.

Run it in an environment with Scripts/reference-requirements.txt:

    python Scripts/generate_statistics_reference.py Tests/StatisticsTests/Fixtures

Small samples are written out; large ones as a recipe that gives the same doubles anywhere: value i
(from 1) is shift + scale * frac(i * step); rounded down where `whole` is true.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy import spatial, special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

warnings.simplefilter("ignore")
rng = np.random.default_rng(20130101)


def values(array):
    return {"values": [float(x) for x in array]}


def recipe(n, step, shift=0.0, scale=1.0, whole=False):
    return {"n": n, "step": step, "shift": shift, "scale": scale, "whole": whole}


def expand(sample):
    if "values" in sample:
        return np.array(sample["values"])
    fractions = np.array([math.fmod(i * sample["step"], 1.0) for i in range(1, sample["n"] + 1)])
    result = sample["shift"] + sample["scale"] * fractions
    return np.floor(result) if sample["whole"] else result


GOLDEN = 0.6180339887498949
ROOT2 = 0.41421356237309515


def numeric_pairs():
    """Named pairs of samples: sizes, ties, tails, constants, imbalance."""
    normal, heavy = rng.normal, rng.standard_t
    yield "two small samples", values([1.0, 2.0, 3.5]), values([2.5, 4.0])
    yield "one value each", values([1.0]), values([2.0])
    yield "five against seven", values(normal(0, 1, 5)), values(normal(1, 1, 7))
    yield "eight against nine without ties", values(normal(0, 1, 8)), values(normal(0.7, 1, 9))
    yield "twenty against twenty", values(normal(0, 1, 20)), values(normal(0.5, 2, 20))
    yield "nineteen against twenty", values(normal(0, 1, 19)), values(normal(0.4, 1, 20))
    yield "small with ties", values([1, 1, 2, 2, 2, 3]), values([1, 2, 3, 3, 3, 4, 4])
    yield "twenty-four against twenty", values(normal(0, 1, 24)), values(normal(1, 1, 20))
    yield "fifty against eighty", values(normal(0, 1, 50)), values(normal(0.3, 1, 80))
    yield "identical samples", values(range(30)), values(range(30))
    yield "disjoint samples", values(range(40)), values(range(100, 150))
    yield "rounded values with ties", values(np.round(normal(0, 1, 200), 1)), values(
        np.round(normal(0.2, 1, 150), 1)
    )
    yield "heavy tails", values(heavy(1.5, 120)), values(3 * heavy(1.5, 140))
    yield "large offsets", values(1e9 + normal(0, 1, 60)), values(1e9 + normal(0.5, 1, 60))
    yield "tiny values", values(normal(0, 1e-12, 60)), values(normal(5e-13, 1e-12, 70))
    yield "zero and minus zero", values([-0.0, 0.0, 0.0, 1.0, 2.0]), values([0.0, -0.0, 1.0, 1.0, 3.0])
    yield "skewed", values(rng.lognormal(0, 1, 250)), values(rng.lognormal(0.1, 1.2, 180))
    yield "equal sizes of 300", values(normal(0, 1, 300)), values(normal(0.1, 1.1, 300))
    yield "a thousand each", recipe(1000, GOLDEN), recipe(1000, ROOT2, 0.02)
    yield "ten thousand each, exact p", recipe(10_000, GOLDEN), recipe(10_000, ROOT2, 0.015)
    yield "coprime 997 and 1000", recipe(997, GOLDEN), recipe(1000, ROOT2, 0.05)
    yield "9999 against 10000", recipe(9999, GOLDEN), recipe(10_000, ROOT2, 0.02)
    yield "5 against 20000", recipe(5, GOLDEN, 0.2), recipe(20_000, ROOT2)
    yield "60 against 20000", recipe(60, GOLDEN, 0.1), recipe(20_000, ROOT2)
    yield "300 against 20000", recipe(300, GOLDEN, 0.05), recipe(20_000, ROOT2)
    yield "20000 each, near", recipe(20_000, GOLDEN), recipe(20_000, ROOT2, 0.005)
    yield "20000 each, apart", recipe(20_000, GOLDEN), recipe(20_000, ROOT2, 0.03)
    yield "20000 each, far", recipe(20_000, GOLDEN), recipe(20_000, ROOT2, 0.2)
    yield "20000 each, ties", recipe(20_000, GOLDEN, 0, 40, True), recipe(
        20_000, ROOT2, 0.4, 40, True
    )
    yield "200000 against 150000", recipe(200_000, GOLDEN), recipe(150_000, ROOT2, 0.004)


def attempt(function):
    """A result's numbers, or null where the statistic does not exist."""
    try:
        result = [float(x) for x in function()]
    except (ValueError, IndexError, ZeroDivisionError, FloatingPointError):
        return None
    return result if all(math.isfinite(x) for x in result) else None


def numeric_cases():
    for name, first, second in numeric_pairs():
        r, c = expand(first), expand(second)

        def ks(alternative):
            return lambda: (lambda t: (t.statistic, t.pvalue))(
                stats.ks_2samp(r, c, alternative=alternative)
            )

        yield {
            "name": name,
            "reference": first,
            "current": second,
            "ks": attempt(ks("two-sided")),
            "ks_less": attempt(ks("less")),
            "ks_greater": attempt(ks("greater")),
            "cramer_von_mises": attempt(
                lambda: (lambda t: (t.statistic, t.pvalue))(stats.cramervonmises_2samp(r, c))
            ),
            "anderson_darling": attempt(
                lambda: (lambda t: (t.statistic, t.pvalue))(stats.anderson_ksamp([r, c]))
            ),
            "mann_whitney": attempt(lambda: stats.mannwhitneyu(r, c)),
            "welch_t": attempt(
                lambda: (lambda t: (t.statistic, t.pvalue, t.df))(
                    stats.ttest_ind(r, c, equal_var=False)
                )
            ),
            "epps_singleton": attempt(lambda: stats.epps_singleton_2samp(r, c)),
            "wasserstein": attempt(lambda: (stats.wasserstein_distance(r, c),)),
            "energy": attempt(lambda: (stats.energy_distance(r, c),)),
            "moments": [
                [float(np.mean(x)), float(np.var(x)), float(np.min(x)), float(np.max(x))]
                for x in (r, c)
            ],
            "quantiles": [float(np.quantile(r, q)) for q in (0, 0.05, 0.25, 0.5, 0.9, 1)],
            "psi": psi(r, c),
            "js": decile_js(r, c),
        }


def decile_counts(r, c):
    cuts = np.unique(np.quantile(r, np.arange(1, 10) / 10))
    count = len(cuts) + 1
    return [
        np.bincount(np.searchsorted(cuts, x, side="left"), minlength=count).tolist() for x in (r, c)
    ]


def share_psi(first, second):
    p = np.maximum(np.array(first) / sum(first), 1e-4)
    q = np.maximum(np.array(second) / sum(second), 1e-4)
    return float(np.sum((q - p) * np.log(q / p)))


def psi(r, c):
    return share_psi(*decile_counts(r, c))


def decile_js(r, c):
    first, second = decile_counts(r, c)
    return float(spatial.distance.jensenshannon(first, second, base=2))


def count_pairs():
    yield "two categories", [30, 70], [45, 55]
    yield "small table", [8, 2], [1, 5]
    yield "another small table", [3, 10], [9, 2]
    yield "an empty cell", [0, 12], [5, 9]
    yield "an infinite odds ratio", [7, 0], [4, 6]
    yield "large table", [500_000, 499_000], [498_500, 501_500]
    yield "very large table", [5_000_000, 40], [4_990_000, 95]
    yield "far apart", [900, 100], [300, 700]
    yield "five categories", [10, 20, 30, 25, 15], [12, 18, 35, 20, 15]
    yield "empty on both sides", [10, 0, 30], [12, 0, 25]
    yield "new category", [10, 20, 0], [12, 18, 9]
    yield "one category", [10], [12]
    yield "identical", [10, 20, 30], [20, 40, 60]
    yield "disjoint", [10, 0], [0, 12]
    yield "many categories", [int(x) for x in rng.poisson(9, 60)], [
        int(x) for x in rng.poisson(11, 60)
    ]


def count_cases():
    for name, r, c in count_pairs():
        table = np.array([r, c])
        table = table[:, table.sum(axis=0) > 0]
        p, q = np.array(r) / sum(r), np.array(c) / sum(c)
        raised = [np.maximum(x, 1e-4) for x in (p, q)]
        case = {
            "name": name,
            "reference": r,
            "current": c,
            "chi_square": attempt(lambda: stats.chi2_contingency(table, correction=False)[:3]),
            "g_test": attempt(
                lambda: stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")[:3]
            ),
            "cramers_v": attempt(
                lambda: [
                    math.sqrt(
                        stats.chi2_contingency(table, correction=False)[0] / float(table.sum())
                    )
                ]
            ),
            "psi": share_psi(r, c),
            "js": float(spatial.distance.jensenshannon(r, c, base=2)),
            "kl": float(np.sum(special.rel_entr(*raised))),
            "kl_reverse": float(np.sum(special.rel_entr(*raised[::-1]))),
            "hellinger": float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2)),
            "total_variation": float(np.abs(p - q).sum() / 2),
            "l_infinity": float(np.abs(p - q).max()),
        }
        if len(r) == 2:
            case["fisher_exact_p"] = float(stats.fisher_exact([r, c])[1])
            z = proportions_ztest([r[0], c[0]], [sum(r), sum(c)])
            case["z_proportion"] = [float(z[0]), float(z[1])]
        yield case


def kolmogorov_cases():
    for n in (1, 2, 3, 5, 10, 20, 50, 100, 140, 141, 200, 500, 1000, 5000, 100_000, 100_001, 500_000):
        for scaled in (0.3, 0.45, 0.6, 0.75, 0.85, 0.95, 1.1, 1.3, 1.48, 1.5, 1.9, 2.5, 3.5, 6.0, 14.0):
            x = scaled / math.sqrt(n)
            if x < 1:
                yield [x, n, float(stats.kstwo.sf(x, n))]
        for x in (0.6 / n, 0.9 / n, 1 / n, 1.4 / n, (n - 0.5) / n):
            if 0 < x < 1:
                yield [x, n, float(stats.kstwo.sf(x, n))]


def adjustment_cases():
    for count in (1, 2, 5, 20):
        p = np.round(rng.uniform(0, 1, count) ** 3, 6)
        case = {"p": [float(x) for x in p]}
        for ours, theirs in [
            ("bonferroni", "bonferroni"),
            ("holm", "holm"),
            ("benjamini_hochberg", "fdr_bh"),
            ("benjamini_yekutieli", "fdr_by"),
        ]:
            case[ours] = [float(x) for x in multipletests(p, method=theirs)[1]]
        yield case


def kernel_mean(first, second, gamma, own):
    kernel = np.exp(-gamma * spatial.distance.cdist(first, second, "sqeuclidean"))
    if own:
        n = len(first)
        return kernel.mean(), (kernel.sum() - n) / (n * (n - 1))
    return kernel.mean(), kernel.mean()


def discrepancy_cases():
    for n, m, columns, shift in [(30, 40, 1, 0.0), (50, 50, 3, 0.8), (25, 60, 5, 0.2)]:
        r, c = rng.normal(0, 1, (n, columns)), rng.normal(shift, 1.2, (m, columns))
        distances = spatial.distance.pdist(np.vstack([r, c]))
        heuristic = 1 / (2 * np.median(distances) ** 2)
        for gamma in (1.0, None):
            used = heuristic if gamma is None else gamma
            rr, cc = kernel_mean(r, r, used, True), kernel_mean(c, c, used, True)
            rc = kernel_mean(r, c, used, False)
            yield {
                "columns": columns,
                "reference": r.ravel().tolist(),
                "current": c.ravel().tolist(),
                "gamma": gamma,
                "expected_gamma": float(used),
                "biased": float(rr[0] + cc[0] - 2 * rc[0]),
                "unbiased": float(rr[1] + cc[1] - 2 * rc[1]),
            }


def main(folder):
    for name, cases in [
        ("numeric", numeric_cases()),
        ("counts", count_cases()),
        ("kolmogorov", kolmogorov_cases()),
        ("adjustments", adjustment_cases()),
        ("discrepancies", discrepancy_cases()),
    ]:
        path = Path(folder) / f"{name}.json"
        path.write_text(json.dumps(list(cases), indent=None, separators=(",", ":")) + "\n")
        print(path, path.stat().st_size)


main(sys.argv[1])
