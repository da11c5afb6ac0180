// LeNet-5 as Caffe and LeCun et al. (1998) shape it, with ReLU, for Fashion-MNIST.
// 431,080 parameters.
cnn.block @conv(%x) params(filters) {
  %conv = cnn.conv2d %x filters(filters) kernel(5)
  %bias = cnn.bias %conv
  %relu = cnn.relu %bias
  %pool = cnn.max_pool2d %relu kernel(2)
  cnn.yield %pool
}

cnn.model @lenet {
  %image = cnn.input "image" as tensor<?x28x28x1xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.286) std(0.353)
  %conv1 = cnn.use @conv(%0) with(filters = 20)
  %conv2 = cnn.use @conv(%conv1) with(filters = 50)
  %flat = cnn.flatten %conv2
  %fc1 = cnn.dense %flat units(500) init(he_normal)
  %fc1_bias = cnn.bias %fc1
  %fc1_relu = cnn.relu %fc1_bias
  %fc2 = cnn.dense %fc1_relu units(10)
  %logits = cnn.bias %fc2
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @lenet batch(64) epochs(4)
  optimizer(sgd, learning_rate = 0.05, momentum = 0.9, weight_decay = 5e-4)
  schedule(cosine, warmup_epochs = 0.5)
