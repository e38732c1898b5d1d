"""Writes the values that the analysis of experiments is tested against, from SciPy and statsmodels.

Run it in an environment with Scripts/reference-requirements.txt:

    python Scripts/generate_experiment_reference.py Tests/StatisticsTests/Fixtures
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.power import NormalIndPower

rng = np.random.default_rng(20140215)


def comparisons():
    for name, control, treatment in [
        ("two against two", [1.0, 2.0], [2.0, 4.5]),
        ("small", rng.normal(5, 2, 12), rng.normal(6, 3, 20)),
        ("large", rng.exponential(3, 4000), rng.exponential(3.1, 5000)),
        ("conversions", (rng.random(900) < 0.1).astype(float), (rng.random(950) < 0.12).astype(float)),
        ("negative control", rng.normal(-4, 1, 50), rng.normal(-3, 1, 60)),
        ("far from zero", 1e6 + rng.normal(0, 1, 300), 1e6 + rng.normal(0.1, 1, 300)),
    ]:
        control, treatment = np.asarray(control), np.asarray(treatment)
        test = stats.ttest_ind(treatment, control, equal_var=False)
        interval = test.confidence_interval(0.95)
        a, b = control.var(ddof=1) / len(control), treatment.var(ddof=1) / len(treatment)
        ratio = treatment.mean() / control.mean()
        reach = stats.t.ppf(0.975, test.df) * math.sqrt(b + ratio**2 * a) / abs(control.mean())
        lift = (treatment.mean() - control.mean()) / abs(control.mean())
        yield {
            "name": name, "control": control.tolist(), "treatment": treatment.tolist(),
            "p": float(test.pvalue), "df": float(test.df),
            "interval": [float(interval.low), float(interval.high)],
            "lift": [float(lift), float(lift - reach), float(lift + reach)],
        }


def covariate():
    """CUPED beside the regression it is: of the metric on variant and covariate, within variants."""
    n = 400
    x = rng.gamma(2, 3, 2 * n)
    arm = np.repeat([0, 1], n)
    y = 0.8 * x + rng.normal(0, 2, 2 * n) + 0.3 * arm
    fit = OLS(y, np.column_stack([np.ones(2 * n), arm, x])).fit()
    return {
        "x": x.tolist(), "y": y.tolist(), "controls": n,
        "slope": float(fit.params[2]), "difference": float(fit.params[1]),
    }


def clusters():
    """Ratios of sums over units, with the variance of the linearised ratio."""
    sizes = rng.integers(1, 9, 150)
    sums = np.array([rng.normal(3 * n, 2) for n in sizes])
    ratio = sums.sum() / sizes.sum()
    residuals = sums - ratio * sizes
    variance = residuals.var(ddof=1) / len(sizes) / sizes.mean() ** 2
    return {
        "sizes": sizes.tolist(), "sums": sums.tolist(),
        "ratio": float(ratio), "variance": float(variance),
    }


def boundaries(fractions, alpha, spending, sides):
    """By convolution on a fine grid, another way than the product's."""
    side = alpha / sides
    if spending == "obrien_fleming":
        spent = [2 * stats.norm.sf(stats.norm.isf(side / 2) / math.sqrt(t)) for t in fractions]
    else:
        spent = [side * math.log(1 + (math.e - 1) * t) for t in fractions]
    grid, before, mass = None, 0.0, 0.0
    limits = []
    for t, f in zip(fractions, spent):
        step = math.sqrt(t - before)
        if grid is None:
            z = stats.norm.isf(f)
        else:
            crossing = lambda z: (
                np.trapezoid(density * stats.norm.sf((z * math.sqrt(t) - grid) / step), grid) - (f - mass)
            )
            z = optimize.brentq(crossing, 0, 12, xtol=1e-13)
        limits.append(float(z))
        top = z * math.sqrt(t)
        bottom = -top if sides == 2 else -9 * math.sqrt(t)
        fresh = np.linspace(bottom, top, 6001)
        if grid is None:
            density = stats.norm.pdf(fresh / step) / step
        else:
            density = np.array(
                [np.trapezoid(density * stats.norm.pdf((s - grid) / step), grid) / step for s in fresh]
            )
        grid, before, mass = fresh, t, f
    return {
        "fractions": list(fractions), "alpha": alpha, "spending": spending, "sides": sides,
        "z": limits, "spent": [float(sides * x) for x in spent],
    }


def sequential():
    fifths = [0.2, 0.4, 0.6, 0.8, 1.0]
    for spending in ("obrien_fleming", "pocock"):
        yield boundaries(fifths, 0.05, spending, 2)
        yield boundaries([0.3, 0.55, 1.0], 0.01, spending, 2)
        yield boundaries([0.25, 0.5, 1.0], 0.025, spending, 1)
        yield boundaries([1.0], 0.05, spending, 2)
    yield boundaries([0.5, 0.51, 0.9], 0.05, "pocock", 2)


def sizes():
    power = NormalIndPower()
    for sd, effect, alpha, wanted in [(1, 0.1, 0.05, 0.8), (12.5, 0.7, 0.01, 0.9), (3, 3, 0.05, 0.8)]:
        n = power.solve_power(effect / sd, alpha=alpha, power=wanted, alternative="two-sided")
        yield {"sd": sd, "baseline": 10, "effect": effect, "alpha": alpha, "power": wanted, "n": math.ceil(n)}
    for p, effect, alpha, wanted in [(0.1, 0.02, 0.05, 0.8), (0.1, 0.002, 0.05, 0.8), (0.5, -0.05, 0.01, 0.9)]:
        q = p + effect
        m = (p + q) / 2
        n = (
            stats.norm.isf(alpha / 2) * math.sqrt(2 * m * (1 - m))
            + stats.norm.ppf(wanted) * math.sqrt(p * (1 - p) + q * (1 - q))
        ) ** 2 / effect**2
        yield {"sd": None, "baseline": p, "effect": effect, "alpha": alpha, "power": wanted, "n": math.ceil(n)}


def ratios():
    for counts, shares in [([5000, 5100], [0.5, 0.5]), ([900, 80], [0.9, 0.1]), ([30, 40, 20], [0.4, 0.4, 0.2])]:
        total = sum(counts)
        yield {
            "counts": counts, "shares": shares,
            "p": float(stats.chisquare(counts, [total * s for s in shares]).pvalue),
        }


def assignments():
    for experiment in ("model_v2_vs_v1_conversion", "é"):
        for user in ["user_0", "user_1", "", "a" * 100, "日本", "42"]:
            digest = hashlib.md5(f"{experiment}:{user}".encode()).hexdigest()
            yield {"experiment": experiment, "user": user, "place": (int(digest, 16) % 10000) / 10000}


folder = Path(sys.argv[1])
(folder / "experiments.json").write_text(
    json.dumps(
        {
            "comparisons": list(comparisons()), "covariate": covariate(), "clusters": clusters(),
            "sequential": list(sequential()), "sizes": list(sizes()), "ratios": list(ratios()),
            "assignments": list(assignments()),
        },
        separators=(",", ":"),
    ) + "\n"
)
