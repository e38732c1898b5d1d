"""Writes the values that metrics of model performance are tested against, from scikit-learn and
statsmodels.

Run it in an environment with Scripts/reference-requirements.txt:

    python Scripts/generate_performance_reference.py Tests/StatisticsTests/Fixtures
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")
rng = np.random.default_rng(20130401)


def delong(truth, scores):
    """Standard error of the area under the ROC curve from the placements themselves."""
    positives, negatives = scores[truth == 1], scores[truth == 0]
    if min(len(positives), len(negatives)) < 2:
        return None
    won = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    return float(
        np.sqrt(won.mean(1).var(ddof=1) / len(positives) + won.mean(0).var(ddof=1) / len(negatives))
    )


def expected_calibration_error(truth, p):
    cells = np.minimum((p * 10).astype(int), 9)
    return float(
        sum(abs(truth[cells == c].sum() - p[cells == c].sum()) for c in range(10)) / len(p)
    )


def binary():
    def case(name, truth, p):
        truth, p = np.asarray(truth), np.asarray(p, float)
        both = 0 < truth.sum() < len(truth)
        at = (p >= 0.5).astype(int)
        isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p, truth)
        grid = np.linspace(-0.1, 1.1, 25)
        return {
            "name": name,
            "truth": truth.tolist(),
            "scores": p.tolist(),
            "auc": float(metrics.roc_auc_score(truth, p)) if both else None,
            "auc_error": delong(truth, p) if both else None,
            "average_precision": float(metrics.average_precision_score(truth, p))
            if truth.sum() else None,
            "log_loss": float(metrics.log_loss(truth, p, labels=[0, 1])),
            "brier": float(metrics.brier_score_loss(truth, p)) if both else float(((p - truth) ** 2).mean()),
            "calibration": expected_calibration_error(truth, p),
            "precision": float(metrics.precision_score(truth, at)) if at.sum() else None,
            "recall": float(metrics.recall_score(truth, at)) if truth.sum() else None,
            "f1": float(metrics.f1_score(truth, at)) if at.sum() + truth.sum() else None,
            "isotonic": [[float(x), float(y)] for x, y in zip(grid, isotonic.predict(grid))],
        }

    for n in (10, 57, 1000):
        truth = rng.integers(0, 2, n)
        yield case(f"{n} rows", truth, np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1))
    truth = rng.integers(0, 2, 400)
    yield case("ties", truth, np.round(np.clip(rng.normal(0.4 + 0.2 * truth, 0.3), 0, 1), 1))
    yield case("probabilities of exactly 0 and 1", [0, 1, 1, 0, 1], [0, 1, 0, 1, 0.5])
    yield case("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    yield case("one positive", [0, 0, 0, 1], [0.1, 0.7, 0.3, 0.6])
    yield case("all scores the same", [0, 1, 0, 1, 1], [0.3] * 5)
    yield case("only positives", [1, 1, 1], [0.2, 0.9, 0.6])
    yield case("only negatives", [0, 0, 0], [0.2, 0.9, 0.6])
    truth = (rng.random(3000) < 0.03).astype(int)
    yield case("rare", truth, rng.beta(1 + 2 * truth, 20))


def multiclass():
    for name, classes, n in [("three", 3, 300), ("five", 5, 80), ("four, one never predicted", 4, 200)]:
        p = rng.dirichlet(np.ones(classes), n)
        truth = np.array([rng.choice(classes, p=(row + 0.2) / (row + 0.2).sum()) for row in p])
        at = p.argmax(1)
        if "never" in name:
            at = np.where(at == 2, 1, at)
        trio = lambda how: [
            float(x) for x in metrics.precision_recall_fscore_support(
                truth, at, labels=range(classes), average=how, zero_division=0)[:3]
        ]
        present = len(set(truth)) == classes
        yield {
            "name": name, "classes": classes, "truth": truth.tolist(), "predicted": at.tolist(),
            "probabilities": p.T.tolist(),
            "accuracy": float(metrics.accuracy_score(truth, at)),
            "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, at)),
            "macro": trio("macro"), "weighted": trio("weighted"),
            "ovr": float(metrics.roc_auc_score(truth, p, multi_class="ovr")) if present else None,
            "ovo": float(metrics.roc_auc_score(truth, p, multi_class="ovo")) if present else None,
            "log_loss": float(metrics.log_loss(truth, p, labels=range(classes))),
        }


def regression():
    def case(name, truth, predictions):
        truth, predictions = np.asarray(truth, float), np.asarray(predictions, float)
        size = np.abs(truth) + np.abs(predictions)
        nonzero = truth != 0
        reach = 0.5 + 0.1 * np.abs(truth)
        return {
            "name": name, "truth": truth.tolist(), "predictions": predictions.tolist(),
            "rmse": float(np.sqrt(metrics.mean_squared_error(truth, predictions))),
            "mae": float(metrics.mean_absolute_error(truth, predictions)),
            "r2": float(metrics.r2_score(truth, predictions)) if len(set(truth)) > 1 else None,
            "mape": float(metrics.mean_absolute_percentage_error(truth[nonzero], predictions[nonzero]))
            if nonzero.any() else None,
            "smape": float(np.where(size == 0, 0, 2 * np.abs(predictions - truth) / np.where(size == 0, 1, size)).mean()),
            "zero_truths": int((~nonzero).sum()),
            "pinball": float(metrics.mean_pinball_loss(truth, predictions, alpha=0.9)),
            "lower": (predictions - reach).tolist(), "upper": (predictions + reach).tolist(),
            "coverage": float(((truth >= predictions - reach) & (truth <= predictions + reach)).mean()),
        }

    for n in (2, 30, 1001):
        truth = rng.normal(3, 2, n)
        yield case(f"{n} rows", truth, truth + rng.normal(0.2, 1, n))
    yield case("zero truths", [0, 1, 0, 2, -3], [0, 1.5, 0.5, 2, -2])
    yield case("constant truth", [2, 2, 2], [1, 2, 3.5])
    yield case("far from zero", 1e9 + np.arange(50), 1e9 + np.arange(50) + rng.normal(0, 1, 50))


def ranking():
    for n in (1, 3, 8, 20):
        for _ in range(3):
            scores = rng.permutation(n).astype(float)
            gains = rng.integers(0, 4, n).astype(float) * (rng.random(n) < 0.6)
            relevant = int((gains > 0).sum())
            by_rank = gains[np.argsort(-scores)]
            cases = {}
            for k in (1, 5, 10):
                top = by_rank[:k]
                hits = np.cumsum(top > 0)
                cases[str(k)] = [
                    float(metrics.ndcg_score([gains], [scores], k=k)) if relevant and n > 1 else
                    (1.0 if relevant else None),
                    float((hits / np.arange(1, len(top) + 1) * (top > 0)).sum() / min(relevant, k))
                    if relevant else None,
                    float((top > 0).sum() / k),
                    float((top > 0).sum() / relevant) if relevant else None,
                    float((top > 0).any()),
                ]
            yield {"scores": scores.tolist(), "gains": gains.tolist(), "at": cases}


def intervals():
    for hits, count in [(0, 10), (3, 10), (10, 10), (57, 1000), (1, 1)]:
        lower, upper = proportion_confint(hits, count, method="wilson")
        yield {"hits": hits, "count": count, "wilson": [float(lower), float(upper)]}


def means():
    for n in (2, 9, 500):
        sample = rng.exponential(2, n)
        lower, upper = stats.t.interval(0.95, n - 1, sample.mean(), sample.std(ddof=1) / np.sqrt(n))
        yield {"values": sample.tolist(), "interval": [float(lower), float(upper)]}


folder = Path(sys.argv[1])
(folder / "performance.json").write_text(
    json.dumps(
        {
            "binary": list(binary()), "multiclass": list(multiclass()),
            "regression": list(regression()), "ranking": list(ranking()),
            "proportions": list(intervals()), "means": list(means()),
        },
        indent=None, separators=(",", ":"),
    ) + "\n"
)
