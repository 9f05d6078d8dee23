/* expect: pass */
/* No covariance at all: the columns of X - mean are turned until they are orthogonal. */
#include "pca.h"

#include <math.h>
#include <stddef.h>

static float columns[PCA_D_MAX][PCA_N_MAX], V[PCA_D_MAX][PCA_D_MAX];

static double dot(int n, const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

static void turn(int n, float *a, float *b, double c, double s)
{
    for (int i = 0; i < n; i++) {
        float x = a[i], y = b[i];
        a[i] = (float)(c * x - s * y);
        b[i] = (float)(s * x + c * y);
    }
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    int used[PCA_D_MAX] = {0}, turned = 1;
    double squares[PCA_D_MAX];

    for (int j = 0; j < d; j++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += X[(size_t)i * d + j];
        mean[j] = (float)(sum / n);
        for (int i = 0; i < n; i++)
            columns[j][i] = (float)(X[(size_t)i * d + j] - sum / n);
        for (int l = 0; l < d; l++)
            V[j][l] = j == l;
    }
    for (int sweep = 0; sweep < 30 && turned; sweep++) {
        turned = 0;
        double largest = 0;
        for (int j = 0; j < d; j++)
            largest = fmax(largest, dot(n, columns[j], columns[j]));
        for (int p = 0; p < d; p++)
            for (int q = p + 1; q < d; q++) {
                double common = dot(n, columns[p], columns[q]);
                if (fabs(common) <= 1e-7 * largest)
                    continue;
                turned = 1;
                double theta = (dot(n, columns[q], columns[q]) - dot(n, columns[p], columns[p])) /
                               (2 * common);
                double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                turn(n, columns[p], columns[q], c, s);
                turn(d, V[p], V[q], c, s);
            }
    }
    for (int j = 0; j < d; j++)
        squares[j] = dot(n, columns[j], columns[j]) / (n - 1);
    for (int c = 0; c < k; c++) {
        int best = -1;
        for (int j = 0; j < d; j++)
            if (!used[j] && (best < 0 || squares[j] > squares[best]))
                best = j;
        used[best] = 1;
        var[c] = (float)squares[best];
        for (int j = 0; j < d; j++)
            comp[(size_t)c * d + j] = V[best][j];
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < k; c++) {
            double sum = 0;
            for (int j = 0; j < d; j++)
                sum += (double)(X[(size_t)i * d + j] - mean[j]) * comp[(size_t)c * d + j];
            proj[(size_t)i * k + c] = (float)sum;
        }
}
